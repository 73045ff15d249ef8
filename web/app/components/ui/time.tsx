import { useNow, useTimeZone } from '~/lib/clock.tsx';
import { agoText, durationText, exactTimeText, relativeTimeText, shortTimeText } from '~/lib/time-text.ts';

/** A moment as people say it; the exact one is a hover away. */
export function RelativeTime({
  value,
  isShort = false,
  className,
}: {
  value: string;
  isShort?: boolean;
  className?: string;
}) {
  const now = useNow();
  const timeZone = useTimeZone();
  const ms = Date.parse(value);
  return (
    <time dateTime={value} title={exactTimeText(ms, timeZone)} className={className}>
      {(isShort ? shortTimeText : relativeTimeText)(ms, now, timeZone)}
    </time>
  );
}

/** How long ago, to the second while it is below a minute, ticking. */
export function Ago({ value }: { value: string }) {
  const now = useNow(true);
  const timeZone = useTimeZone();
  const ms = Date.parse(value);
  return (
    <time dateTime={value} title={exactTimeText(ms, timeZone)} className="tabular">
      {agoText(ms, now, timeZone)}
    </time>
  );
}

/** How long something has been going on, ticking; or how long it took, when `until` is known. */
export function Elapsed({ since, until, className }: { since: string; until?: string | null; className?: string }) {
  const now = useNow(!until);
  return (
    <span className={`tabular ${className ?? ''}`}>
      {durationText((until ? Date.parse(until) : now) - Date.parse(since))}
    </span>
  );
}
