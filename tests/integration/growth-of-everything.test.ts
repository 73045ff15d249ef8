import { writeFile } from 'node:fs/promises';
import { Kind, print, type DocumentNode, type OperationDefinitionNode } from 'graphql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { UserActor } from '#core/access/actor.ts';
import { removeDeleted } from '#core/deletions/remove-deleted.ts';
import { removeOldCalls } from '#core/idempotency/keys.ts';
import { requestCycle } from '#core/cycles/request-cycle.ts';
import { runCycles } from '#core/cycles/run-cycle.ts';
import { newId } from '#core/platform/ids.ts';
import { inTransaction } from '#core/platform/in-transaction.ts';
import { rulesPlanner } from '#core/planner/rules/rules-planner.ts';
import { sweepArchivedProjects } from '#core/projects/archive-project.ts';
import { sweepRecordings } from '#core/recordings/recordings-due.ts';
import { requestTranscription } from '#core/recordings/request-transcription.ts';
import { transcribeRecording } from '#core/recordings/transcribe-recording.ts';
import { applyRetention } from '#core/retention/apply-retention.ts';
import { sweepSilentRunners } from '#core/runners/connection.ts';
import { expirePermissions } from '#core/runs/expire-permissions.ts';
import { heartbeatRuns } from '#core/runs/heartbeat.ts';
import { msToNextLeaseEnd, sweepLeases } from '#core/runs/sweep-leases.ts';
import { rebuildStateDocument } from '#core/state/rebuild-state.ts';
import { addUpSpendDays } from '#core/spend/spend-days.ts';
import { stopRunsOverCaps } from '#core/spend/stop-over-caps.ts';
import { wakeForNewDay } from '#core/spend/wake-for-new-day.ts';
import { addUpTaskCounts } from '#core/tasks/task-counts.ts';
import { updateTask } from '#core/tasks/update-task.ts';
import { messages } from '#tests/kit/activity.ts';
import { collect, openSocket, post } from '#tests/kit/graphql-client.ts';
import { growLongHistory, longHistoryId } from '#tests/kit/long-history.ts';
import { explainSql, type Reading } from '#tests/kit/plans.ts';
import { runnerSide } from '#tests/kit/runs.ts';
import { seeder } from '#tests/kit/seed.ts';
import { enginesOf } from '#tests/kit/speech.ts';
import { startTestSystem, type TestSystem } from '#tests/kit/system.ts';
import * as webDocuments from '../../web/app/graphql/gql/graphql.ts';
import { growthOperations, KNOWN_FAULTS, REFUSED, type GrownSystem } from './growth-operations.ts';

/** Larger and smaller by hand: OVERMIND_GROWTH_TASKS=1000000. */
const TASKS = Number(process.env['OVERMIND_GROWTH_TASKS'] ?? 100_000);
const MAX_WHOLE_TABLE_ROWS = 10_000;
/** A statement may read that much whatever it is for; beyond it, ten rows for each that it gives or writes. */
const ALWAYS_FINE_ROWS = 1_000;
const MAX_ROWS_A_ROW = 10;
/** Pages are counted besides rows: what an index is searched through for appears in no count of rows. */
const ALWAYS_FINE_PAGES = 3_000;
const MAX_PAGES_A_ROW = 30;

let system: TestSystem;
let core: ReturnType<TestSystem['openCore']>;
let url: string;
let user: UserActor & { token: string };
let grown: GrownSystem;
let side: ReturnType<typeof runnerSide>;
beforeAll(async () => {
  system = await startTestSystem();
  core = system.openCore({ maxConnections: 4 });
  const seed = seeder(core);
  user = await seed.user({ isAdmin: true });
  const project = await seed.project(user);
  const agent = await seed.agent(project);
  const { runner, actor } = await seed.runner(undefined, { capacity: 50 });
  await seed.configure(agent, { concurrency: 50 });
  side = runnerSide(core, actor);
  const { id: conversationId } = await core.db.conversation.findFirstOrThrow({ where: { projectId: project.id } });
  const { email } = await core.db.user.findUniqueOrThrow({ where: { id: user.userId } });
  await rebuildStateDocument(core, project.id);
  grown = { core, tasks: TASKS, projectId: project.id, agentId: agent.id, conversationId, runnerId: runner.id, email };
  const owners = { ...grown, userId: user.userId };
  await growLongHistory(core, owners, { tasks: TASKS, logLines: TASKS * 10 });
  ({ url } = await system.startApi());
  await core.db.runner.update({ where: { id: runner.id }, data: { connection: 'offline' } });
}, 600_000);
afterAll(async () => {
  await core.close();
  await system.close();
});

const operations = new Map<string, { kind: `${OperationDefinitionNode['operation']}`; text: string }>();
for (const document of Object.values(webDocuments) as DocumentNode[]) {
  const [definition] = document.definitions;
  if (definition?.kind === Kind.OPERATION_DEFINITION)
    operations.set(definition.name?.value ?? '', { kind: definition.operation, text: print(document) });
}

const faultsOf = ({ sql, rowsRead, rowsReturned, pagesRead, wholeTables }: Reading): string[] => [
  ...wholeTables
    .filter(({ rows }) => rows > MAX_WHOLE_TABLE_ROWS)
    .map(({ table, rows }) => `reads ${table} from end to end, ${rows} rows`),
  ...(/\boffset\b(?! 0\b| \$)/i.test(sql) ? ['skips by OFFSET'] : []),
  ...(rowsRead > ALWAYS_FINE_ROWS && rowsRead > MAX_ROWS_A_ROW * rowsReturned
    ? [`reads ${rowsRead} rows for ${rowsReturned}`]
    : []),
  ...(pagesRead > ALWAYS_FINE_PAGES && pagesRead > MAX_PAGES_A_ROW * rowsReturned
    ? [`reads ${pagesRead} pages for ${rowsReturned} rows`]
    : []),
];

/** Does it, and fails for each of its statements that costs more the longer the history is, but for a known one. */
async function expectFlat<T>(work: () => Promise<T>, name = ''): Promise<T> {
  const { result, readings } = await explainSql(work, { hasWrites: true });
  expect(readings.length, 'no statement was seen').toBeGreaterThan(0);
  const known = KNOWN_FAULTS[name]?.sql;
  const faults = readings.flatMap((reading) => faultsOf(reading).map((fault) => `${fault}: ${reading.sql}`));
  expect(faults.filter((fault) => !known?.test(fault))).toEqual([]);
  // What is mended leaves the list.
  if (known && TASKS >= 100_000) expect(faults.some((fault) => known.test(fault))).toBe(true);
  return result;
}

describe('every operation of the web', () => {
  const variablesOf = growthOperations();

  test('is known here, and nothing else is', () => {
    expect(Object.keys(variablesOf).sort()).toEqual([...operations.keys()].sort());
  });

  test.each([...operations].filter(([, { kind }]) => kind !== 'subscription'))('%s', async (name, { text }) => {
    const variables = await variablesOf[name]?.(grown);
    const { token } = name === 'SignOut' ? await seeder(core).user() : user;
    const answer = await expectFlat(() => post(url, text, variables, token), name);
    expect(answer.errors).toBeUndefined();
    const refused = REFUSED[name];
    if (refused) expect(JSON.stringify(answer.data)).toMatch(refused);
    else expect(JSON.stringify(answer.data)).not.toMatch(/"code":"/);
  });

  test.each(['part 4711', 'PART 4711', '4711', 'no such words'])('tasks with %s in their texts', async (text) => {
    const { projectId } = grown;
    const query = operations.get('PaletteTasks')?.text ?? '';
    const answer = await expectFlat(() =>
      post(url, query, { projectId, text, named: newId(), isNamed: false }, user.token),
    );
    expect(answer.errors).toBeUndefined();
    expect(JSON.stringify(answer.data)).toContain(text.startsWith('no') ? '"nodes":[]' : '4711');
  });

  test.each([...operations].filter(([, { kind }]) => kind === 'subscription'))('%s', async (name, { text }) => {
    const variables = await variablesOf[name]?.(grown);
    const client = openSocket(url, user.token);
    const { eventCursor } = await core.db.project.findUniqueOrThrow({ where: { id: grown.projectId } });
    await expectFlat(async () => {
      const followed = collect(client, text, {
        ...variables,
        ...(variables && 'after' in variables ? { after: String(eventCursor - 5n) } : {}),
      });
      await followed.until((items) => items.length > 0);
      followed.unsubscribe();
    });
    await client.dispose();
  });
});

const ROUNDS = 21;
/** By hand, with the name of a file: the middle of how long each query takes, in milliseconds. */
const timesFile = process.env['OVERMIND_GROWTH_TIMES'];
test.runIf(timesFile)('how long queries take', { timeout: 600_000 }, async () => {
  const variablesOf = growthOperations();
  const middleMs: Record<string, number> = {};
  for (const [name, { kind, text }] of operations) {
    if (kind !== 'query') continue;
    const variables = await variablesOf[name]?.(grown);
    const times: number[] = [];
    for (let i = 0; i < ROUNDS; i += 1) {
      const startMs = performance.now();
      await post(url, text, variables, user.token);
      times.push(performance.now() - startMs);
    }
    middleMs[name] = times.sort((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? 0;
  }
  await writeFile(timesFile ?? '', JSON.stringify(middleMs, null, 2));
});

describe('what runners send', () => {
  test('a claim, a heartbeat, lines, activity, and the end', async () => {
    const held = await expectFlat(() => side.claim());
    const lease = { runId: held.spec.runId, leaseToken: held.token };
    await expectFlat(() => heartbeatRuns(core, held.runner, [lease]));
    await expectFlat(() => side.append(held, 0, ['one', 'two', 'three']));
    await expectFlat(() => side.appendActivity(held, 0, messages(0, 3)));
    await expectFlat(() => side.ask(held, 'A:1'));
    await expectFlat(() => side.withdraw(held, 'A:1'));
    await expectFlat(() => side.take(held));
    await expectFlat(() => side.complete(held, { lineCount: 3 }));
  });

  test('a failure, which is tried again', async () => {
    const held = await expectFlat(() => side.claim());
    await expectFlat(() =>
      side.complete(held, { status: 'failed', reason: 'internal', message: 'It broke.', git: null }),
    );
  });
});

test('a changed task', async () => {
  const taskId = await longHistoryId(core, 'task', TASKS - (TASKS % 6));
  await expectFlat(() => updateTask(core, user, { taskId, title: 'Another', priority: 1 }));
});

describe('what workers do', () => {
  test.each(['incremental', 'full'] as const)('a cycle, %s', async (mode) => {
    await inTransaction(core, (tx) => requestCycle(tx, grown.projectId, mode, 'user'));
    await expectFlat(() => runCycles(core, grown.projectId, { planner: rulesPlanner }), 'cycle');
  });

  test('a transcription', async () => {
    const recordingId = await longHistoryId(core, 'recording', 7);
    await requestTranscription(core, user, { recordingId });
    const heard = { status: 'done' as const, text: 'Thanks', segments: [], language: 'en', durationMs: 1_000 };
    const engines = enginesOf({ name: 'fake', transcribe: () => Promise.resolve(heard) });
    await expectFlat(() => transcribeRecording(core, recordingId, { engines, stop: new AbortController().signal }));
    expect(await core.db.message.count({ where: { recordingId } })).toBe(1);
  });

  test('the state document', async () => {
    await expectFlat(() => rebuildStateDocument(core, grown.projectId));
  });

  test.each(
    Object.entries({
      leases: () => sweepLeases(core),
      'the next lease': () => msToNextLeaseEnd(core),
      'silent runners': () => sweepSilentRunners(core),
      'archived projects': () => sweepArchivedProjects(core),
      'unanswered questions': () => expirePermissions(core),
      'old calls': () => removeOldCalls(core.db),
      deletions: () => removeDeleted(core),
      'task counts': () => addUpTaskCounts(core),
      'spend of days': () => addUpSpendDays(core),
      caps: () => stopRunsOverCaps(core),
      'caps of a new day': () => wakeForNewDay(core),
      recordings: () => sweepRecordings(core, () => Promise.resolve()),
      retention: () => applyRetention(core),
    }),
  )('the sweep of %s', async (_name, sweep) => {
    await expectFlat<unknown>(sweep);
  });
});
