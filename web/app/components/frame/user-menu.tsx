import { Link } from '@remix-run/react';
import { Keyboard, LogOut, Monitor, Moon, Settings, Sun } from 'lucide-react';
import { useRef } from 'react';
import type { Preferences } from '~/lib/preferences.ts';
import { usePreferences } from '~/lib/use-preferences.tsx';
import { Menu, MenuItem, MenuLabel, MenuSeparator } from '../ui/menu.tsx';
import { openShortcuts } from './shortcuts-dialog.tsx';

const THEMES: { value: Preferences['theme']; label: string; Icon: typeof Sun }[] = [
  { value: 'system', label: 'As the system', Icon: Monitor },
  { value: 'dark', label: 'Dark', Icon: Moon },
  { value: 'light', label: 'Light', Icon: Sun },
];

export function UserMenu({
  viewer,
  isWide,
  side,
}: {
  viewer: { email: string };
  isWide: boolean;
  side: 'right' | 'top';
}) {
  const { preferences, setPreferences } = usePreferences();
  const signOut = useRef<HTMLFormElement>(null);
  return (
    <>
      {/* A whole page load: nothing of this person stays in the memory of the page. */}
      <form ref={signOut} method="post" action="/sign-out" hidden />
      <Menu
        label="Account"
        side={side}
        align="end"
        className="min-w-56"
        trigger={
          <button
            type="button"
            aria-label={`Account: ${viewer.email}`}
            className="touch-target flex h-9 min-w-0 items-center gap-2 rounded-control px-1 text-dense text-muted hover:bg-hover aria-expanded:bg-hover"
          >
            <span
              aria-hidden
              className="grid size-7 shrink-0 place-items-center rounded-full bg-active text-xs font-semibold uppercase text-fg"
            >
              {viewer.email.slice(0, 1)}
            </span>
            {isWide ? <span className="truncate">{viewer.email}</span> : null}
          </button>
        }
      >
        <MenuLabel>{viewer.email}</MenuLabel>
        <MenuItem asChild>
          <Link to="/settings">
            <span className="flex w-4 justify-center text-muted">
              <Settings aria-hidden className="size-4" />
            </span>
            Settings
          </Link>
        </MenuItem>
        <MenuItem icon={<Keyboard aria-hidden className="size-4" />} hint="?" onSelect={openShortcuts}>
          Keyboard shortcuts
        </MenuItem>
        <MenuSeparator />
        <MenuLabel>Theme</MenuLabel>
        {THEMES.map(({ value, label, Icon }) => (
          <MenuItem
            key={value}
            icon={<Icon aria-hidden className="size-4" />}
            isChecked={preferences.theme === value}
            onSelect={() => setPreferences({ theme: value })}
          >
            {label}
          </MenuItem>
        ))}
        <MenuSeparator />
        <MenuItem icon={<LogOut aria-hidden className="size-4" />} onSelect={() => signOut.current?.requestSubmit()}>
          Sign out
        </MenuItem>
      </Menu>
    </>
  );
}
