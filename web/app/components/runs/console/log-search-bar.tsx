import { ChevronDown, ChevronUp, Search, X } from 'lucide-react';
import { forwardRef } from 'react';
import { IconButton } from '../../ui/button.tsx';
import type { LogSearch } from './use-log-search.ts';

/** Search field of the console with count and steps; Enter goes on, Shift Enter back, Escape clears. */
export const LogSearchBar = forwardRef<HTMLInputElement, { search: LogSearch }>(function LogSearchBar({ search }, ref) {
  const hasQuery = search.query !== '';
  return (
    <div
      role="search"
      className="flex h-7 min-w-0 flex-1 items-center gap-1 rounded-control bg-active pl-2 focus-within:outline-2 focus-within:outline-focus"
    >
      <Search aria-hidden className="size-3.5 shrink-0 text-faint" />
      <input
        ref={ref}
        type="text"
        aria-label="Search this log"
        placeholder="Search log"
        value={search.query}
        onChange={(event) => search.setQuery(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter') search.step(event.shiftKey ? -1 : 1);
          if (event.key === 'Escape') {
            event.stopPropagation();
            search.setQuery('');
            event.currentTarget.blur();
          }
        }}
        className="h-full w-full min-w-12 bg-transparent text-dense outline-none placeholder:text-faint"
      />
      {hasQuery ? (
        <>
          <span role="status" className="tabular shrink-0 whitespace-nowrap text-xs text-muted">
            {search.matches.length === 0
              ? search.isDone
                ? 'No match'
                : 'Searching'
              : `${search.current + 1} of ${search.matches.length}${search.isDone ? '' : '+'}`}
          </span>
          <IconButton
            size="sm"
            className="size-6"
            label="Previous match"
            disabled={search.matches.length === 0}
            onClick={() => search.step(-1)}
          >
            <ChevronUp aria-hidden className="size-3.5" />
          </IconButton>
          <IconButton
            size="sm"
            className="size-6"
            label="Next match"
            disabled={search.matches.length === 0}
            onClick={() => search.step(1)}
          >
            <ChevronDown aria-hidden className="size-3.5" />
          </IconButton>
          <IconButton size="sm" className="size-6" label="Clear the search" onClick={() => search.setQuery('')}>
            <X aria-hidden className="size-3.5" />
          </IconButton>
        </>
      ) : null}
    </div>
  );
});
