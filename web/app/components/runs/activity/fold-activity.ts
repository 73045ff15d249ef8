import type { RunActivitySubscription } from '~/graphql/gql/graphql.ts';

/** One entry as it comes over the wire. */
export type Entry = RunActivitySubscription['runActivity']['entries'][number];

interface Row {
  /** Of the thing it is about; it stays when the thing goes on. */
  key: number;
}
/** Of messages and thoughts the pieces, put together. */
export interface TextRow extends Row {
  kind: 'MESSAGE' | 'THOUGHT' | 'WARNING' | 'RETRY';
  text: string;
}
export interface ToolRow extends Row {
  kind: 'TOOL';
  name: string;
  toolKind: NonNullable<Entry['toolKind']>;
  status: NonNullable<Entry['status']>;
  target: string | null;
  output: string | null;
  exitCode: number | null;
  changes: NonNullable<Entry['changes']>;
  /** When it was seen to run; null: only its end was told. */
  startedAt: string | null;
  /** When it was over; null: not yet. */
  endedAt: string | null;
}
export interface PlanRow extends Row {
  kind: 'PLAN';
  steps: NonNullable<Entry['steps']>;
}
/** Events that follow each other and that nobody here knows. */
export interface OthersRow extends Row {
  kind: 'OTHER';
  events: readonly { item: number; name: string; text: string }[];
}
export type ActivityRow = TextRow | ToolRow | PlanRow | OthersRow;

export interface Usage {
  inputTokens: number;
  cachedInputTokens: number;
  outputTokens: number;
  costUsd: number | null;
}

/** What a run's activity looks like after some of its entries; rows stand in the order in which their things began. */
export interface FoldedActivity {
  rows: readonly ActivityRow[];
  /** Where the row of an item is. */
  places: ReadonlyMap<number, number>;
  /** The whole run's so far; null: not told. */
  usage: Usage | null;
}

export const NO_ACTIVITY: FoldedActivity = { rows: [], places: new Map(), usage: null };

/** Takes entries in, in their order. A row that nothing is said about stays the same object. */
export function foldActivity(before: FoldedActivity, entries: readonly Entry[]): FoldedActivity {
  const rows = [...before.rows];
  const places = new Map(before.places);
  let { usage } = before;
  for (const entry of entries) {
    if (entry.kind === 'USAGE') {
      usage = usageOf(entry);
      continue;
    }
    const place = places.get(entry.item);
    const last = rows.at(-1);
    if (place !== undefined) rows[place] = nextRow(rows[place], entry);
    else if (entry.kind === 'OTHER' && last?.kind === 'OTHER') {
      places.set(entry.item, rows.length - 1);
      rows[rows.length - 1] = nextRow(last, entry);
    } else {
      places.set(entry.item, rows.length);
      rows.push(nextRow(undefined, entry));
    }
  }
  return { rows, places, usage };
}

/** @param before what was said of its item until now */
function nextRow(before: ActivityRow | undefined, entry: Entry): ActivityRow {
  const key = before?.key ?? entry.item;
  switch (entry.kind) {
    case 'MESSAGE':
    case 'THOUGHT': {
      const begun = before?.kind === entry.kind ? before.text : '';
      return { key, kind: entry.kind, text: begun + (entry.text ?? '') };
    }
    case 'WARNING':
    case 'RETRY':
      return { key, kind: entry.kind, text: entry.text ?? '' };
    case 'PLAN':
      return { key, kind: 'PLAN', steps: entry.steps ?? [] };
    case 'TOOL':
      return toolRow(key, before?.kind === 'TOOL' ? before : null, entry);
    default: {
      const event = { item: entry.item, name: entry.name ?? entry.kind.toLowerCase(), text: entry.text ?? '' };
      const others = before?.kind === 'OTHER' ? before.events.filter(({ item }) => item !== entry.item) : [];
      return { key, kind: 'OTHER', events: [...others, event] };
    }
  }
}

function toolRow(key: number, before: ToolRow | null, entry: Entry): ToolRow {
  const status = entry.status ?? 'RUNNING';
  return {
    key,
    kind: 'TOOL',
    name: entry.name ?? '',
    toolKind: entry.toolKind ?? 'OTHER',
    status,
    target: entry.target,
    output: entry.output,
    exitCode: entry.exitCode,
    changes: entry.changes ?? [],
    startedAt: before ? before.startedAt : status === 'RUNNING' ? entry.createdAt : null,
    endedAt: status === 'RUNNING' ? null : (before?.endedAt ?? entry.createdAt),
  };
}

function usageOf({ inputTokens, cachedInputTokens, outputTokens, costUsd }: Entry): Usage {
  return {
    inputTokens: inputTokens ?? 0,
    cachedInputTokens: cachedInputTokens ?? 0,
    outputTokens: outputTokens ?? 0,
    costUsd,
  };
}
