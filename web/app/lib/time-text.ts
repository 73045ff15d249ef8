const MINUTE_S = 60;
const HOUR_S = 3_600;
const DAY_S = 86_400;

/** "just now", "4 min ago", "yesterday", "3 Mar", "3 Mar 2024": short enough for a card. */
export function relativeTimeText(thenMs: number, nowMs: number, timeZone: string): string {
  const seconds = Math.round((nowMs - thenMs) / 1_000);
  if (seconds < 45) return 'just now';
  if (seconds < HOUR_S) return `${Math.max(1, Math.round(seconds / MINUTE_S))} min ago`;
  if (seconds < DAY_S) return `${Math.round(seconds / HOUR_S)} h ago`;
  if (seconds < 2 * DAY_S) return 'yesterday';
  if (seconds < 7 * DAY_S) return `${Math.round(seconds / DAY_S)} days ago`;
  const isThisYear = new Date(thenMs).getUTCFullYear() === new Date(nowMs).getUTCFullYear();
  return new Intl.DateTimeFormat('en-GB', {
    day: 'numeric',
    month: 'short',
    ...(isThisYear ? {} : { year: 'numeric' }),
    timeZone,
  }).format(thenMs);
}

/** The same, but below a minute the seconds count: "12 s ago". */
export function agoText(thenMs: number, nowMs: number, timeZone: string): string {
  // A browser's clock may be behind the server's.
  const seconds = Math.max(1, Math.floor((nowMs - thenMs) / 1_000));
  return seconds < MINUTE_S ? `${seconds} s ago` : relativeTimeText(thenMs, nowMs, timeZone);
}

/** "now", "4 min", "3 h", "5 d", "3 Mar": for where every character counts. */
export function shortTimeText(thenMs: number, nowMs: number, timeZone: string): string {
  const seconds = Math.round((nowMs - thenMs) / 1_000);
  if (seconds < 45) return 'now';
  if (seconds < HOUR_S) return `${Math.max(1, Math.round(seconds / MINUTE_S))} min`;
  if (seconds < DAY_S) return `${Math.round(seconds / HOUR_S)} h`;
  if (seconds < 7 * DAY_S) return `${Math.round(seconds / DAY_S)} d`;
  return relativeTimeText(thenMs, nowMs, timeZone);
}

/** "Saturday 22 November 2025 at 15:04:05 CET" */
export function exactTimeText(ms: number, timeZone: string): string {
  return new Intl.DateTimeFormat('en-GB', { dateStyle: 'full', timeStyle: 'long', timeZone }).format(ms);
}

/** "15:04:05" */
export function clockText(ms: number, timeZone: string): string {
  return new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium', timeZone }).format(ms);
}

/** "until 14:00", "until 3 Mar, 14:00": when a pause ends. */
export function untilText(thenMs: number, nowMs: number, timeZone: string): string {
  const day = (ms: number): string => new Intl.DateTimeFormat('en-GB', { dateStyle: 'short', timeZone }).format(ms);
  const isToday = day(thenMs) === day(nowMs);
  const date = isToday ? {} : ({ day: 'numeric', month: 'short' } as const);
  return `until ${new Intl.DateTimeFormat('en-GB', { ...date, hour: '2-digit', minute: '2-digit', timeZone }).format(thenMs)}`;
}

/** "0:07", "12:31", "1:04:09": how long something has been going on. */
export function durationText(ms: number): string {
  const total = Math.max(0, Math.floor(ms / 1_000));
  const [h, m, s] = [Math.floor(total / HOUR_S), Math.floor((total % HOUR_S) / MINUTE_S), total % MINUTE_S];
  const two = (n: number): string => String(n).padStart(2, '0');
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** "in 3 minutes", "in 40 seconds": when a limit ends. */
export function waitText(ms: number): string {
  const seconds = Math.max(1, Math.ceil(ms / 1_000));
  if (seconds < 90) return `in ${seconds} ${seconds === 1 ? 'second' : 'seconds'}`;
  return `in ${Math.ceil(seconds / MINUTE_S)} minutes`;
}
