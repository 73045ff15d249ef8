import { clsx } from 'clsx';
import { ChevronRight } from 'lucide-react';
import type { ReactNode } from 'react';

export interface FoldProps {
  isOpen: boolean;
  onOpen(isOpen: boolean): void;
}

export const LINE = 'flex min-h-8 items-center gap-2 px-3 py-1 text-dense';
export const ICON = 'shrink-0 [&_svg]:size-3.5';

/** One line that opens. */
export function Folded({
  isOpen,
  onOpen,
  icon,
  line,
  children,
}: FoldProps & { icon: ReactNode; line: ReactNode; children: ReactNode }) {
  return (
    <>
      <button
        type="button"
        aria-expanded={isOpen}
        onClick={() => onOpen(!isOpen)}
        className={clsx(LINE, 'touch-target relative w-full text-left hover:bg-hover focus-visible:-outline-offset-2')}
      >
        <span className={clsx(ICON, 'text-faint')}>{icon}</span>
        {line}
        <ChevronRight
          aria-hidden
          className={clsx('size-3.5 shrink-0 text-faint transition-transform duration-100', isOpen && 'rotate-90')}
        />
      </button>
      {isOpen ? <div className="pb-2 pl-8.5 pr-3">{children}</div> : null}
    </>
  );
}
