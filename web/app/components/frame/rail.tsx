import { NavLink } from '@remix-run/react';
import { clsx } from 'clsx';
import { PanelLeftClose, PanelLeftOpen } from 'lucide-react';
import { usePreferences } from '~/lib/use-preferences.tsx';
import { IconButton } from '../ui/button.tsx';
import { Tooltip } from '../ui/tooltip.tsx';
import { Logo } from './logo.tsx';
import type { navItems, NavItem } from './nav-items.ts';
import { UserMenu } from './user-menu.tsx';

/** The slim column on the left; wide, it shows words too. */
export function Rail({ items, viewer }: { items: ReturnType<typeof navItems>; viewer: { email: string } }) {
  const { preferences, setPreferences } = usePreferences();
  const isWide = preferences.isRailWide;
  const Toggle = isWide ? PanelLeftClose : PanelLeftOpen;
  const toggleLabel = isWide ? 'Collapse the navigation' : 'Expand the navigation';
  return (
    <nav
      aria-label="Main"
      className={clsx(
        'hidden shrink-0 flex-col border-r border-line bg-canvas py-2 sm:flex',
        isWide ? 'w-50 px-2' : 'w-13 items-center px-2',
      )}
    >
      <NavLink
        to="/projects"
        aria-label="OvermindOps, all projects"
        className="mb-3 flex h-9 items-center gap-2.5 rounded-control px-1"
      >
        <Logo className="size-7 shrink-0" />
        {isWide ? <span className="font-semibold">OvermindOps</span> : null}
      </NavLink>
      <ul className="flex flex-col gap-0.5">
        {items.inProject.map((item) => (
          <RailLink key={item.to} item={item} isWide={isWide} />
        ))}
        {items.inProject.length > 0 ? <li aria-hidden className="mx-1.5 my-2 h-px bg-line" /> : null}
        {items.everywhere.map((item) => (
          <RailLink key={item.to} item={item} isWide={isWide} />
        ))}
      </ul>
      <div
        className={clsx(
          'mt-auto flex gap-1',
          isWide ? 'flex-row items-center justify-between' : 'flex-col items-center',
        )}
      >
        <UserMenu viewer={viewer} isWide={isWide} side="right" />
        <Tooltip text={toggleLabel} side="right">
          <IconButton label={toggleLabel} onClick={() => setPreferences({ isRailWide: !isWide })}>
            <Toggle aria-hidden className="size-4" />
          </IconButton>
        </Tooltip>
      </div>
    </nav>
  );
}

function RailLink({ item, isWide }: { item: NavItem; isWide: boolean }) {
  const link = (
    <NavLink
      to={item.to}
      end={item.isExact ?? false}
      prefetch="intent"
      aria-label={item.label}
      className={({ isActive }) =>
        clsx(
          'flex h-9 items-center gap-2.5 rounded-control text-dense font-medium transition-colors duration-100',
          isWide ? 'px-2.5' : 'w-9 justify-center',
          isActive ? 'bg-active text-fg' : 'text-muted hover:bg-hover hover:text-fg',
        )
      }
    >
      <item.Icon aria-hidden className="size-4 shrink-0" />
      {isWide ? item.label : null}
    </NavLink>
  );
  return (
    <li>
      {isWide ? (
        link
      ) : (
        <Tooltip text={item.label} {...(item.keys ? { keys: item.keys } : {})} side="right">
          {/* The link decides on its own classes; a trigger would make one string of them. */}
          <span className="block">{link}</span>
        </Tooltip>
      )}
    </li>
  );
}
