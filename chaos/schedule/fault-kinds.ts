/** What a fault needs of the machine, beside the product: without it the fault is left out, and that is said. */
export type Need = 'root' | 'faketime';

interface Kind {
  /** How often it is chosen, beside the others. */
  weight: number;
  durationMs: readonly [min: number, max: number];
  /** May cost a run its lease: such schedules last longer, since a lease has at least 10 s. */
  isLong?: true;
  needs?: Need;
}

const kind = (
  weight: number,
  durationMs: readonly [number, number],
  more: Pick<Kind, 'isLong' | 'needs'> = {},
): Kind => ({ weight, durationMs, ...more });
/** A stop that a lease of 10 s survives, and one that it does not. */
const SHORT: readonly [number, number] = [300, 3_000];
const LONG: readonly [number, number] = [13_500, 16_000];

/** Every fault there is, by the name that `--only` takes. */
export const FAULT_KINDS = {
  'kill-api': kind(6, [100, 1_500]),
  'kill-workers': kind(3, [100, 1_500]),
  'kill-runner': kind(8, [100, 2_000]),
  'kill-runner-long': kind(1, LONG, { isLong: true }),
  'kill-keeper': kind(4, [0, 0]),
  'kill-agent': kind(4, [0, 0]),
  'kill-postgres': kind(4, [100, 1_500]),
  'kill-postgres-backend': kind(2, [0, 0]),
  'kill-redis': kind(4, [100, 2_500]),
  'kill-runner-and-keeper': kind(2, [100, 2_000]),
  'stop-api': kind(3, SHORT),
  'stop-workers': kind(2, SHORT),
  'stop-runner': kind(4, SHORT),
  'stop-keeper': kind(3, SHORT),
  'stop-agent': kind(3, SHORT),
  'stop-postgres': kind(3, SHORT),
  'stop-redis': kind(3, SHORT),
  'stop-runner-long': kind(1.5, LONG, { isLong: true }),
  'stop-keeper-long': kind(1, LONG, { isLong: true }),
  'stop-agent-long': kind(0.5, LONG, { isLong: true }),
  'stop-api-long': kind(0.5, LONG, { isLong: true }),
  'stop-machine-long': kind(1, LONG, { isLong: true }),
  'stop-postgres-long': kind(0.7, [8_000, 20_000], { isLong: true }),
  'stop-redis-long': kind(0.7, [8_000, 20_000], { isLong: true }),
  'net-cut': kind(4, [100, 3_000]),
  'net-cut-long': kind(1, LONG, { isLong: true }),
  'net-black-hole': kind(4, [300, 3_500]),
  'net-delay': kind(3, [500, 4_000]),
  'net-throttle': kind(2, [500, 3_500]),
  'net-reset': kind(5, [200, 3_000]),
  'net-half-open': kind(3, [300, 3_000]),
  'http-404': kind(2, [200, 2_500]),
  'http-408': kind(1, [200, 2_500]),
  'http-429': kind(2, [200, 2_500]),
  'http-502': kind(2, [200, 2_500]),
  'http-duplicate': kind(3, [1_000, 4_000]),
  'merge-kill-runner': kind(5, [100, 1_500]),
  'merge-stop-runner-long': kind(1, LONG, { isLong: true }),
  'claim-kill-runner': kind(3, [100, 1_500]),
  'claim-kill-api': kind(3, [100, 1_500]),
  'disk-spool': kind(2, [1_000, 4_000], { needs: 'root' }),
  'disk-database': kind(2, [1_000, 3_000], { needs: 'root' }),
  'clock-api': kind(1.5, [2_000, 4_000], { needs: 'faketime' }),
  'clock-runner': kind(1.5, [2_000, 4_000], { needs: 'faketime' }),
  'descriptors-api': kind(1.5, [500, 3_000]),
  'descriptors-runner': kind(1.5, [500, 3_000]),
  'memory-api': kind(1, [500, 2_000]),
  'memory-runner': kind(1, [500, 2_000]),
  'memory-agent': kind(1, [500, 2_000]),
} as const satisfies Record<string, Kind>;
export type FaultKind = keyof typeof FAULT_KINDS;

export const FAULT_KIND_NAMES = Object.keys(FAULT_KINDS) as FaultKind[];
export const kindOf = (name: FaultKind): Kind => FAULT_KINDS[name];

const PORTABLE = FAULT_KIND_NAMES.filter((name) => !kindOf(name).needs);

/** What every machine can do, by whether it may cost a lease: the schedules of `npm test` are made of these. */
export const KIND_SETS: Readonly<Record<'quick' | 'long', readonly FaultKind[]>> = {
  quick: PORTABLE.filter((name) => !kindOf(name).isLong),
  long: PORTABLE.filter((name) => kindOf(name).isLong),
};

/**
 * The kinds that `--only` means: names, beginnings of names such as `net` and `kill`, or the sets `quick` and `long`.
 * @throws Error naming what is unknown
 */
export function matchKinds(words: readonly string[]): FaultKind[] {
  const meant = (word: string): readonly FaultKind[] =>
    word === 'quick' || word === 'long' ? KIND_SETS[word] : FAULT_KIND_NAMES.filter((name) => name.startsWith(word));
  const unknown = words.filter((word) => meant(word).length === 0);
  if (unknown.length > 0)
    throw new Error(`No fault is called ${unknown.join(', ')}; there are ${FAULT_KIND_NAMES.join(', ')}`);
  const all = new Set(words.flatMap(meant));
  return FAULT_KIND_NAMES.filter((name) => all.has(name));
}
