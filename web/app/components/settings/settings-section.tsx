import type { ReactNode } from 'react';

/** A part of a settings page: what it is about on top, what can be set below. */
export function SettingsSection({
  title,
  text,
  actions,
  children,
}: {
  title: string;
  text?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}) {
  return (
    <section className="border-t border-line py-6 first-of-type:border-t-0 first-of-type:pt-0">
      <div className="mb-4 flex flex-wrap items-start justify-between gap-3">
        <div>
          <h2 className="text-lg font-semibold">{title}</h2>
          {text ? <p className="mt-0.5 max-w-xl text-dense text-muted text-pretty">{text}</p> : null}
        </div>
        {actions}
      </div>
      {children}
    </section>
  );
}

/** Rows of things with their state and their actions. */
export function SettingsList({ children, label }: { children: ReactNode; label: string }) {
  return (
    <ul aria-label={label} className="divide-y divide-line overflow-hidden rounded-box border border-line bg-raised">
      {children}
    </ul>
  );
}
