const UNITS_MS: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
/** What is further away is not believed. */
const MAX_AHEAD_MS = 5 * 365 * 86_400_000;
/** Of a time without a date: this much in the past still means today, not tomorrow. */
const JUST_NOW_MS = 5 * 60_000;

const LENGTH = String.raw`(\d+(?:\.\d+)?)\s*(ms|milliseconds?|s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?)\b`;
const IN = new RegExp(
  String.raw`(?:\b(?:in|after|for|within)|wait|about|~)\s+(?:about\s+|another\s+)?((?:${LENGTH}(?:\s*(?:,|and)?\s*)?)+)`,
  'i',
);
const EACH_LENGTH = new RegExp(LENGTH, 'gi');
const ISO = /\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?\s*(?:Z|UTC|[+-]\d\d:?\d\d)?/i;
const MONTHS = 'jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec';
const DATE = new RegExp(String.raw`\b(${MONTHS})[a-z]*\.?\s+(\d{1,2})(?:st|nd|rd|th)?(?:,?\s+(\d{4}))?`, 'i');
const CLOCK = /\b(\d{1,2})(?::(\d\d))?(?::\d\d)?\s*([ap])\.?m\b\.?|\b(\d{1,2}):(\d\d)\b/i;

/**
 * When something may be tried again, as words have it: "try again in 3 hours", "resets 3pm (UTC)", "try again at Jan 1st,
 * 2030 12:00 AM", or a time in ISO. A time without a zone is one of this machine, as the programs write it.
 * @returns null when they say none
 */
export function resetTimeIn(words: string, now: Date): Date | null {
  const found = isoTime(words) ?? wordedTime(words, now) ?? lengthFrom(words, now);
  if (!found || Number.isNaN(found.getTime())) return null;
  const aheadMs = found.getTime() - now.getTime();
  return aheadMs < -JUST_NOW_MS || aheadMs > MAX_AHEAD_MS ? null : found;
}

/** A time that a number says: seconds or milliseconds since 1970, or seconds from now. */
export function timeOfNumber(value: unknown, now: Date): Date | null {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isFinite(number) || number < 0) return null;
  const ms = number > 1e11 ? number : number > 1e9 ? number * 1_000 : now.getTime() + number * 1_000;
  return ms - now.getTime() > MAX_AHEAD_MS ? null : new Date(ms);
}

function lengthFrom(words: string, now: Date): Date | null {
  const lengths = IN.exec(words)?.[1];
  if (lengths === undefined) return null;
  let ms = 0;
  for (const [, count, unit = ''] of lengths.matchAll(EACH_LENGTH)) {
    const short = /^(ms|milli)/i.test(unit) ? 'ms' : unit.charAt(0).toLowerCase();
    ms += Number(count) * (UNITS_MS[short] ?? 0);
  }
  return new Date(now.getTime() + ms);
}

function isoTime(words: string): Date | null {
  const found = ISO.exec(words)?.[0];
  return found === undefined
    ? null
    : new Date(
        found
          .replace(' ', 'T')
          .replace(/\s*UTC$/i, 'Z')
          .replace(/\s/g, ''),
      );
}

function wordedTime(words: string, now: Date): Date | null {
  const said = /(?:again|resets?|reset at|until|available|retry|renews?)\b(.*)/is.exec(words)?.[1] ?? '';
  const date = DATE.exec(said);
  const clock = CLOCK.exec(said);
  if (!date && !clock) return null;
  const isUtc = /\b(?:UTC|GMT|Z)\b/.test(said);
  const { hours, minutes } = clockOf(clock);
  const [year, month, day] = dayOf(date, now, isUtc);
  const at = isUtc ? new Date(Date.UTC(year, month, day, hours, minutes)) : new Date(year, month, day, hours, minutes);
  if (at.getTime() >= now.getTime() - JUST_NOW_MS) return at;
  // It has gone by: the same time tomorrow, or next year.
  if (!date) return new Date(at.getTime() + 86_400_000);
  if (date[3] === undefined) return new Date(Date.UTC(year + 1, month, day, at.getUTCHours(), at.getUTCMinutes()));
  return at;
}

function clockOf(clock: RegExpExecArray | null): { hours: number; minutes: number } {
  if (!clock) return { hours: 0, minutes: 0 };
  const [, hour12, minute12, half, hour24, minute24] = clock;
  if (hour24 !== undefined) return { hours: Number(hour24), minutes: Number(minute24) };
  const hours = (Number(hour12) % 12) + (half?.toLowerCase() === 'p' ? 12 : 0);
  return { hours, minutes: Number(minute12 ?? 0) };
}

function dayOf(date: RegExpExecArray | null, now: Date, isUtc: boolean): [year: number, month: number, day: number] {
  const today: [number, number, number] = isUtc
    ? [now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate()]
    : [now.getFullYear(), now.getMonth(), now.getDate()];
  if (!date) return today;
  const [, month = '', day, year] = date;
  return [Number(year ?? today[0]), MONTHS.split('|').indexOf(month.toLowerCase()), Number(day)];
}
