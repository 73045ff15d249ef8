import { useNavigate, useParams } from '@remix-run/react';
import type { ReactNode } from 'react';
import { useShortcuts } from '~/lib/shortcuts.ts';
import { BottomBar } from './bottom-bar.tsx';
import { navItems } from './nav-items.ts';
import { Rail } from './rail.tsx';
import { RouteProgress } from './route-progress.tsx';
import { ShortcutsDialog } from './shortcuts-dialog.tsx';
import { SystemBanner } from './system-banner.tsx';

/** What surrounds every page: the rail on the left, or a bar at the bottom of a phone. */
export function Frame({ viewer, children }: { viewer: { email: string }; children: ReactNode }) {
  const navigate = useNavigate();
  const { projectId = null } = useParams();
  const items = navItems(projectId);
  useShortcuts([
    { keys: 'g p', label: 'Go to projects', run: () => navigate('/projects') },
    { keys: 'g r', label: 'Go to runners', run: () => navigate('/runners') },
    { keys: 'g ,', label: 'Go to settings', run: () => navigate('/settings') },
  ]);
  return (
    <div className="flex h-dvh flex-col overflow-hidden [--bottom-bar:calc(52px+env(safe-area-inset-bottom))] sm:flex-row sm:[--bottom-bar:0px]">
      <a
        href="#main"
        className="sr-only z-60 rounded-control bg-accent px-3 py-2 text-on-accent focus:not-sr-only focus:fixed focus:left-2 focus:top-2"
      >
        Skip to content
      </a>
      <RouteProgress />
      <Rail items={items} viewer={viewer} />
      <div id="main" tabIndex={-1} className="relative flex min-h-0 min-w-0 flex-1 flex-col outline-none">
        <SystemBanner />
        {children}
      </div>
      <BottomBar items={items} viewer={viewer} />
      <ShortcutsDialog />
    </div>
  );
}
