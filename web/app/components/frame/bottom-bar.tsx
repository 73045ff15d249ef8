import { NavLink } from '@remix-run/react';
import { clsx } from 'clsx';
import type { navItems } from './nav-items.ts';
import { UserMenu } from './user-menu.tsx';

/** The rail of a phone: in reach of the thumb. */
export function BottomBar({ items, viewer }: { items: ReturnType<typeof navItems>; viewer: { email: string } }) {
  const shown =
    items.inProject.length > 0
      ? [items.everywhere[0], ...items.inProject].filter((item) => item !== undefined)
      : items.everywhere;
  return (
    <nav
      aria-label="Main"
      className="shrink-0 border-t border-line bg-raised pb-[env(safe-area-inset-bottom)] sm:hidden"
    >
      <ul className="flex h-13 items-stretch">
        {shown.map((item) => (
          <li key={item.to} className="flex flex-1">
            <NavLink
              to={item.to}
              end={item.isExact ?? false}
              className={({ isActive }) =>
                clsx(
                  'flex flex-1 flex-col items-center justify-center gap-0.5 text-2xs font-medium',
                  isActive ? 'text-accent-text' : 'text-muted',
                )
              }
            >
              <item.Icon aria-hidden className="size-5" />
              {item.label.replace('Project settings', 'Setup')}
            </NavLink>
          </li>
        ))}
        <li className="flex flex-1 items-center justify-center">
          <UserMenu viewer={viewer} isWide={false} side="top" />
        </li>
      </ul>
    </nav>
  );
}
