import { clsx } from 'clsx';
import { useId, useRef, type KeyboardEvent, type ReactNode } from 'react';

export interface Tab<Id extends string> {
  id: Id;
  label: ReactNode;
  count?: number | null;
}

/** A row of tabs; arrow keys move between them. The panel is the caller's, tied by `panelId`. */
export function Tabs<Id extends string>(props: {
  tabs: Tab<Id>[];
  selected: Id;
  onSelect(id: Id): void;
  label: string;
  panelId: string;
  className?: string;
  isFull?: boolean;
}) {
  const id = useId();
  const list = useRef<HTMLDivElement>(null);
  const onKeyDown = (event: KeyboardEvent): void => {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    if (step === 0) return;
    event.preventDefault();
    const next =
      props.tabs[(props.tabs.findIndex((t) => t.id === props.selected) + step + props.tabs.length) % props.tabs.length];
    if (!next) return;
    props.onSelect(next.id);
    list.current?.querySelector<HTMLElement>(`[data-tab="${next.id}"]`)?.focus();
  };
  return (
    <div
      ref={list}
      role="tablist"
      aria-label={props.label}
      onKeyDown={onKeyDown}
      className={clsx('flex gap-1', props.className)}
    >
      {props.tabs.map((tab) => {
        const isSelected = tab.id === props.selected;
        return (
          <button
            key={tab.id}
            id={`${id}-${tab.id}`}
            data-tab={tab.id}
            type="button"
            role="tab"
            aria-selected={isSelected}
            aria-controls={props.panelId}
            tabIndex={isSelected ? 0 : -1}
            onClick={() => props.onSelect(tab.id)}
            className={clsx(
              'touch-target relative flex h-9 items-center justify-center gap-1.5 px-2.5 text-dense font-medium transition-colors duration-100',
              props.isFull && 'flex-1',
              isSelected
                ? 'text-fg before:absolute before:inset-x-2 before:bottom-0 before:h-0.5 before:rounded-full before:bg-accent'
                : 'text-muted hover:text-fg',
            )}
          >
            {tab.label}
            {tab.count === undefined || tab.count === null ? null : (
              <span className="tabular text-xs font-normal text-faint">{tab.count}</span>
            )}
          </button>
        );
      })}
    </div>
  );
}
