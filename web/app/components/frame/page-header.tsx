import type { ReactNode } from 'react';

/** Title row of a page that is not a project's dashboard. */
export function PageHeader({ title, text, actions }: { title: string; text?: ReactNode; actions?: ReactNode }) {
  return (
    <header className="mb-6 flex flex-wrap items-start justify-between gap-x-4 gap-y-3">
      <div className="min-w-0">
        <h1 className="title-wrap text-title font-semibold">{title}</h1>
        {text ? <p className="mt-0.5 max-w-2xl text-muted text-pretty">{text}</p> : null}
      </div>
      {actions ? <div className="flex items-center gap-2 max-sm:w-full">{actions}</div> : null}
    </header>
  );
}

/** A page that scrolls as a whole, in a width that can be read. */
export function PageBody({ children, isNarrow = false }: { children: ReactNode; isNarrow?: boolean }) {
  return (
    <main className="scroll-y min-h-0 flex-1">
      <div className={`mx-auto px-4 py-6 sm:px-8 sm:py-8 ${isNarrow ? 'max-w-3xl' : 'max-w-6xl'}`}>{children}</div>
    </main>
  );
}
