/**
 * What a person has arranged for themselves: theme, widths, what is folded away. It lives in one cookie that page scripts
 * may read, so that the server renders the page as it was left and nothing moves when it comes alive.
 */
export interface Preferences {
  theme: 'system' | 'light' | 'dark';
  isRailWide: boolean;
  /** Shares of the dashboard's width: board, runs, chat. */
  dashboard: [number, number, number];
  hiddenPanels: ('board' | 'runs' | 'chat')[];
  /** Share of the height that the list of runs has above the console. */
  runsShare: number;
  /** Columns of the board that were folded or unfolded by hand. */
  boardColumns: Partial<Record<string, 'open' | 'folded'>>;
  isLogWrapped: boolean;
  /** What a run's agent wrote, instead of what it does. */
  isOutputRaw: boolean;
  diffMode: 'unified' | 'split';
  timeZone: string | null;
}

export const PREFERENCES_COOKIE = 'ovm_prefs';
const YEAR_S = 31_536_000;

export const DEFAULT_PREFERENCES: Preferences = {
  theme: 'system',
  isRailWide: false,
  dashboard: [48, 29, 23],
  hiddenPanels: [],
  runsShare: 0.34,
  boardColumns: {},
  isLogWrapped: false,
  isOutputRaw: false,
  diffMode: 'unified',
  timeZone: null,
};

/** Reads the cookie; whatever in it is not what it should be falls back to the default, as a cookie can hold anything. */
export function parsePreferences(cookieHeader: string | null): Preferences {
  const raw = new RegExp(`(?:^|;\\s*)${PREFERENCES_COOKIE}=([^;]*)`).exec(cookieHeader ?? '')?.[1];
  const found = raw ? parseJson(raw) : {};
  const d = DEFAULT_PREFERENCES;
  const shares = found['dashboard'];
  return {
    theme: oneOf(found['theme'], ['system', 'light', 'dark'], d.theme),
    isRailWide: found['isRailWide'] === true,
    dashboard:
      Array.isArray(shares) && shares.length === 3 && shares.every(isShare)
        ? (shares as [number, number, number])
        : d.dashboard,
    hiddenPanels: Array.isArray(found['hiddenPanels'])
      ? (['board', 'runs', 'chat'] as const).filter((p) => (found['hiddenPanels'] as unknown[]).includes(p))
      : d.hiddenPanels,
    runsShare:
      typeof found['runsShare'] === 'number' && found['runsShare'] >= 0.1 && found['runsShare'] <= 0.9
        ? found['runsShare']
        : d.runsShare,
    boardColumns: isRecord(found['boardColumns'])
      ? Object.fromEntries(
          Object.entries(found['boardColumns']).filter(
            (e): e is [string, 'open' | 'folded'] => e[1] === 'open' || e[1] === 'folded',
          ),
        )
      : d.boardColumns,
    isLogWrapped: found['isLogWrapped'] === true,
    isOutputRaw: found['isOutputRaw'] === true,
    diffMode: oneOf(found['diffMode'], ['unified', 'split'], d.diffMode),
    timeZone: typeof found['timeZone'] === 'string' && isTimeZone(found['timeZone']) ? found['timeZone'] : null,
  };
}

export function serializePreferences(preferences: Preferences, isHttps: boolean): string {
  const value = encodeURIComponent(JSON.stringify(preferences));
  return `${PREFERENCES_COOKIE}=${value}; Path=/; Max-Age=${YEAR_S}; SameSite=Lax${isHttps ? '; Secure' : ''}`;
}

function parseJson(encoded: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(decodeURIComponent(encoded));
    return isRecord(value) ? value : {};
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof URIError) return {};
    throw error;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isShare(value: unknown): value is number {
  return typeof value === 'number' && value >= 5 && value <= 90;
}

function oneOf<T extends string>(value: unknown, allowed: readonly T[], fallback: T): T {
  return allowed.find((a) => a === value) ?? fallback;
}

function isTimeZone(value: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: value });
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}
