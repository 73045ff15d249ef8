import {
  FileClock,
  FolderKanban,
  LayoutDashboard,
  Mic,
  Server,
  Settings,
  SlidersHorizontal,
  type LucideIcon,
} from 'lucide-react';

export interface NavItem {
  to: string;
  label: string;
  Icon: LucideIcon;
  /** Only this address counts as being there, not what lies below it. */
  isExact?: boolean;
  keys?: string;
}

/** Where one can go: everywhere, and inside a project. */
export function navItems(projectId: string | null): { inProject: NavItem[]; everywhere: NavItem[] } {
  return {
    inProject: projectId
      ? [
          { to: `/projects/${projectId}`, label: 'Dashboard', Icon: LayoutDashboard, isExact: true, keys: 'g d' },
          { to: `/projects/${projectId}/recordings`, label: 'Recordings', Icon: Mic, keys: 'g v' },
          { to: `/projects/${projectId}/state`, label: 'State', Icon: FileClock, keys: 'g s' },
          { to: `/projects/${projectId}/settings`, label: 'Project settings', Icon: SlidersHorizontal, keys: 'g e' },
        ]
      : [],
    everywhere: [
      { to: '/projects', label: 'Projects', Icon: FolderKanban, isExact: true, keys: 'g p' },
      { to: '/runners', label: 'Runners', Icon: Server, keys: 'g r' },
      { to: '/settings', label: 'Settings', Icon: Settings, keys: 'g ,' },
    ],
  };
}
