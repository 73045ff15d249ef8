import { digitOf } from '#contract/log-streams.ts';
import { createHash } from 'node:crypto';
import type { JournalEntry } from '../workload/journal.ts';
import type { EventFact, Facts, LineFact, RunFact } from './facts.ts';

const sha = (text: string): string => createHash('sha256').update(text).digest('hex');
const RUN = 'run-1';
const TASK = 'task-1';
const TEXTS = ['first', 'second', 'third', 'fourth'];
const HEAD = 'a'.repeat(40);
const START = 'b'.repeat(40);
const MERGE = 'c'.repeat(40);

/** The facts of a schedule in which all went well: one task, one attempt, four lines, one viewer, one merge. Tests plant faults in it. */
export function goodFacts(): Facts {
  const lines: LineFact[] = [
    { seq: 0, stream: 'system', message: '$ node tools/agent.mjs', atUs: 100 },
    ...TEXTS.map((message, index) => ({ seq: index + 1, stream: 'stdout' as const, message, atUs: 200 + index })),
  ];
  const event = (cursor: number, type: string, entityId: string, patch: Record<string, unknown> = {}): EventFact => ({
    cursor,
    type,
    entityId,
    patch,
    atUs: cursor * 1_000,
  });
  const events = [
    event(1, 'task.created', TASK),
    event(2, 'agent.run.created', RUN, { kind: 'task', taskId: TASK }),
    event(3, 'agent.run.started', RUN),
    event(4, 'agent.run.completed', RUN),
    event(5, 'agent.run.created', 'merge-1', { kind: 'merge', taskId: TASK }),
    event(6, 'agent.run.started', 'merge-1'),
    event(7, 'agent.run.completed', 'merge-1'),
    event(8, 'task.updated', TASK),
  ];
  return {
    seed: 1,
    isStarved: false,
    isArchived: false,
    unsettled: [],
    faults: [],
    falls: [],
    survivors: [],
    journals: [{ runId: RUN, taskId: TASK, attempt: 1, entries: goodJournal() }],
    runs: [run({}), run({ id: 'merge-1', kind: 'merge', lineCount: 0, headCommit: MERGE })],
    lines: new Map([
      [RUN, lines],
      ['merge-1', []],
    ]),
    tasks: [
      {
        id: TASK,
        title: 'A task',
        status: 'done',
        heldBy: null,
        history: ['in_progress', 'needs_review', 'done'],
      },
    ],
    events,
    viewers: [
      {
        name: 'viewer-0',
        reconnects: 1,
        events: events.map(({ cursor, type, entityId }) => ({ cursor, type, entityId })),
        logs: new Map([[RUN, { isComplete: true, batches: [batch(lines.slice(0, 2)), batch(lines.slice(2))] }]]),
      },
    ],
    requests: (['createTask', 'approveTask'] as const).map((kind) => ({
      kind,
      title: 'A task',
      taskId: TASK,
      outcome: 'done' as const,
      code: null,
      answeredAt: 0,
    })),
    git: {
      refsBefore: new Map([
        ['refs/heads/main', START],
        ['refs/tags/v1', START],
      ]),
      refsAfter: new Map([
        ['refs/heads/main', MERGE],
        ['refs/tags/v1', START],
        ['refs/heads/overmind/x/1', HEAD],
      ]),
      baseCommits: [
        { id: MERGE, parents: [START, HEAD] },
        { id: HEAD, parents: [START] },
      ],
      landed: new Set([HEAD]),
      statusLines: [],
      complaints: [],
      locks: [],
      lostOwnFiles: [],
      contents: new Map([[HEAD, new Map([['work/a.txt', sha('content')]])]]),
    },
  };
}

function goodJournal(): JournalEntry[] {
  return [
    { type: 'hello', runId: RUN, taskId: TASK, attempt: 1, name: 'A task', pid: 1, atMs: 0 },
    ...TEXTS.flatMap((text, index): JournalEntry[] => [
      { type: 'intends', stream: 'stdout', lines: [{ sha: sha(text), bytes: text.length }], atMs: index * 10 },
      { type: 'wrote', stream: 'stdout', atMs: index * 10 + 1 },
    ]),
    { type: 'file', path: 'work/a.txt', sha: sha('content'), atMs: 50 },
    { type: 'exits', code: 0, atMs: 60 },
  ];
}

export function run(changes: Partial<RunFact>): RunFact {
  return {
    id: RUN,
    taskId: TASK,
    kind: 'task',
    attempt: 1,
    status: 'completed',
    reason: 'ok',
    message: null,
    exitCode: 0,
    lineCount: 5,
    runner: 'runner-0',
    branch: 'overmind/x/1',
    headCommit: HEAD,
    ...changes,
  };
}

export function batch(lines: readonly LineFact[]): { firstSeq: number; streams: string; messages: string[] } {
  return {
    firstSeq: lines[0]?.seq ?? 0,
    streams: lines.map(({ stream }) => digitOf(stream)).join(''),
    messages: lines.map(({ message }) => message),
  };
}

/** The only element of a list, or the one at a place. */
export function at<T>(items: readonly T[] | undefined, index: number): T {
  const item = items?.[index];
  if (item === undefined) throw new Error(`Expected something at ${index}`);
  return item;
}

export { HEAD, MERGE, RUN, START, TASK };
