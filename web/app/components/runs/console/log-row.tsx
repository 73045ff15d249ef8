import { clsx } from 'clsx';
import { Fragment, memo } from 'react';
import { clockText } from '~/lib/time-text.ts';
import { tokenizeLine, type LogToken } from './ansi.ts';
import type { LogLine } from './log-store.ts';
import { splitByMatch } from './log-search.ts';

interface LogRowProps {
  seq: number;
  line: LogLine | undefined;
  query: string;
  isCurrentMatch: boolean;
  isWrapped: boolean;
  marksStderr: boolean;
  /** Characters that the highest line number has. */
  gutterChars: number;
  timeZone: string;
}

/** One line as a terminal shows it: number, text, and the time when pointed at. */
export const LogRow = memo(function LogRow({
  seq,
  line,
  query,
  isCurrentMatch,
  isWrapped,
  marksStderr,
  gutterChars,
  timeZone,
}: LogRowProps) {
  return (
    <div
      className={clsx(
        'group/row flex min-h-[18px] border-l-2 pr-4',
        marksStderr && line?.stream === 'stderr' ? 'border-failed' : 'border-transparent',
        isCurrentMatch ? 'bg-accent/20' : 'hover:bg-hover',
      )}
    >
      <span
        aria-hidden
        className="sticky left-0 shrink-0 select-none pl-2 pr-3 text-right text-faint"
        style={{ width: `${gutterChars + 3}ch` }}
      >
        {seq + 1}
      </span>
      {line ? (
        <>
          <span
            className={clsx(
              isWrapped ? 'min-w-0 flex-1 whitespace-pre-wrap wrap-anywhere' : 'whitespace-pre',
              line.stream === 'system' && 'italic text-muted',
            )}
          >
            {line.stream === 'stderr' ? <span className="sr-only">stderr: </span> : null}
            {tokenizeLine(line.message).map((token, i) => (
              <Token key={i} token={token} query={query} />
            ))}
          </span>
          {line.createdAt ? (
            <time
              aria-hidden
              className="pointer-events-none sticky right-2 ml-auto hidden shrink-0 select-none self-start bg-hover pl-3 text-faint group-hover/row:block"
            >
              {clockText(Date.parse(line.createdAt), timeZone)}
            </time>
          ) : null}
        </>
      ) : (
        <span
          aria-hidden
          className="my-1 h-2.5 animate-shimmer rounded-sm bg-active"
          style={{ width: `${20 + ((seq * 37) % 40)}ch` }}
        />
      )}
    </div>
  );
});

function Token({ token, query }: { token: LogToken; query: string }) {
  const parts = query ? splitByMatch(token.text, query) : [token.text];
  const content = parts.map((part, i) =>
    i % 2 === 1 ? (
      <mark key={i} className="rounded-sm bg-blocked/35 text-fg">
        {part}
      </mark>
    ) : (
      <Fragment key={i}>{part}</Fragment>
    ),
  );
  if (!token.className && !token.color) return <>{content}</>;
  return (
    <span className={token.className} style={token.color ? { color: token.color } : undefined}>
      {content}
    </span>
  );
}
