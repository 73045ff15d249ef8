import { Download, WrapText } from 'lucide-react';
import { useRef, useSyncExternalStore, type ReactNode, type RefObject } from 'react';
import { useShortcuts } from '~/lib/shortcuts.ts';
import { usePreferences } from '~/lib/use-preferences.tsx';
import { buttonClass, IconButton } from '../../ui/button.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { Tooltip } from '../../ui/tooltip.tsx';
import { ErrorStrip } from './error-strip.tsx';
import { LogSearchBar } from './log-search-bar.tsx';
import type { LogStore } from './log-store.ts';
import { LogView, type LogViewHandle } from './log-view.tsx';
import { useLogSearch } from './use-log-search.ts';

interface LogConsoleProps {
  store: LogStore;
  isLive: boolean;
  /** Of a program whose own stream says how it ended, what stands in standard error is no sign of a failure. */
  marksStderr: boolean;
  label: string;
  downloadHref: string | null;
  /** What to say while there is no line yet. */
  emptyTitle: string;
  emptyText: string;
  header?: ReactNode;
}

/** A terminal to read: the log of one run. */
export function LogConsole(props: LogConsoleProps) {
  const { store, isLive, marksStderr, label, downloadHref, emptyTitle, emptyText, header } = props;
  const { preferences, setPreferences } = usePreferences();
  const view = useRef<LogViewHandle>(null);
  const field = useRef<HTMLInputElement>(null);
  const search = useLogSearch(store, (seq) => view.current?.showLine(seq));
  useShortcuts([{ keys: '/', label: 'Search the log', run: () => field.current?.focus() }]);
  const { isLogWrapped } = preferences;
  return (
    <section aria-label={label} className="flex min-h-0 flex-1 flex-col">
      <div className="flex items-center gap-1 border-b border-line px-2 py-1">
        {header}
        <LogSearchBar ref={field} search={search} />
        <Tooltip text="Wrap long lines">
          <IconButton
            size="sm"
            label="Wrap long lines"
            aria-pressed={isLogWrapped}
            onClick={() => setPreferences({ isLogWrapped: !isLogWrapped })}
          >
            <WrapText aria-hidden className="size-3.5" />
          </IconButton>
        </Tooltip>
        {downloadHref ? (
          <Tooltip text="Download the whole log">
            <a
              href={downloadHref}
              download
              aria-label="Download the whole log"
              className={buttonClass({ variant: 'ghost', size: 'sm', isIcon: true })}
            >
              <Download aria-hidden className="size-3.5" />
            </a>
          </Tooltip>
        ) : null}
      </div>
      <Lines
        {...{ store, isLive, marksStderr, label, emptyTitle, emptyText, isLogWrapped }}
        query={search.query}
        currentMatch={search.matches[search.current] ?? null}
        view={view}
      />
    </section>
  );
}

function Lines(
  props: Pick<LogConsoleProps, 'store' | 'isLive' | 'marksStderr' | 'label' | 'emptyTitle' | 'emptyText'> & {
    isLogWrapped: boolean;
    query: string;
    currentMatch: number | null;
    view: RefObject<LogViewHandle>;
  },
) {
  const isEmpty = useHasNoLines(props.store);
  if (isEmpty) return <EmptyState className="flex-1 bg-sunken" title={props.emptyTitle} text={props.emptyText} />;
  return (
    <div className="relative flex min-h-0 flex-1">
      <LogView
        store={props.store}
        isLive={props.isLive}
        marksStderr={props.marksStderr}
        isWrapped={props.isLogWrapped}
        query={props.query}
        currentMatch={props.currentMatch}
        label={props.label}
        handle={props.view}
      />
      {props.marksStderr ? <ErrorStrip store={props.store} onGo={(seq) => props.view.current?.showLine(seq)} /> : null}
    </div>
  );
}

function useHasNoLines(store: LogStore): boolean {
  return useSyncExternalStore(
    store.subscribe,
    () => store.lineCount === 0,
    () => store.lineCount === 0,
  );
}
