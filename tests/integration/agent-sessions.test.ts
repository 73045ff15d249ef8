import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { RunResult } from '#contract/run-result.ts';
import type { UserActor } from '#core/access/actor.ts';
import { updateAgent } from '#core/agents/write-agent.ts';
import { presetConfig } from '#core/agents/presets.ts';
import type { Core } from '#core/platform/core.ts';
import { newId } from '#core/platform/ids.ts';
import { sweepLeases } from '#core/runs/sweep-leases.ts';
import { retryTask } from '#core/tasks/retry-task.ts';
import { sendBackTask } from '#core/tasks/send-back-task.ts';
import { updateTask } from '#core/tasks/update-task.ts';
import type { Agent, Project, Task } from '#prisma/generated/client/client.ts';
import { endLease, failed, runnerSide, resultOf, scheduledTask } from '#tests/kit/runs.ts';
import type { HeldRun } from '#tests/kit/runs.ts';
import { seeder } from '#tests/kit/seed.ts';
import { startTestSystem } from '#tests/kit/system.ts';
import type { TestSystem } from '#tests/kit/system.ts';
import { errorOf } from '#tests/kit/until.ts';

const COMMANDS = [['prepare'], ['codex', 'exec', '-']];
const RESUME = ['codex', 'exec', 'resume', '{session}', '-'];

let system: TestSystem;
let core: Core;
let user: UserActor & { token: string };
let project: Project;
let agent: Agent;
let runner: ReturnType<typeof runnerSide>;
beforeAll(async () => {
  system = await startTestSystem();
  ({ core } = system);
  user = await seeder(core).user();
});
beforeEach(async () => {
  project = await seeder(core).project(user);
  agent = await seeder(core).agent(project);
  await seeder(core).configure(agent, {
    commands: COMMANDS,
    resume: RESUME,
    retry: { maxAttempts: 1, baseDelayMs: 0, maxDelayMs: 0 },
  });
  runner = runnerSide(core, (await seeder(core).runner(undefined, { projectIds: [project.id] })).actor);
});
afterAll(() => system.close());

/** Metrics of a run that has used so many tokens. */
const used = (tokens: number | null, costUsd: number | null = null): RunResult['metrics'] => ({
  wallSeconds: 1,
  cpuSeconds: null,
  peakMemoryBytes: null,
  lines: 0,
  inputTokens: tokens,
  cachedInputTokens: tokens,
  outputTokens: tokens,
  costUsd,
});
const taskOf = ({ id }: Pick<Task, 'id'>) => core.db.task.findUniqueOrThrow({ where: { id } });
const runOf = ({ spec }: HeldRun) => core.db.agentRun.findUniqueOrThrow({ where: { id: spec.runId } });
/** A task whose first attempt has ended so, in the session s-1. */
async function attempted(changes: Partial<RunResult> = {}): Promise<{ task: Task; held: HeldRun }> {
  const task = await scheduledTask(core, user, project, agent);
  const held = await runner.claim();
  expect(held.spec.session).toBeNull();
  await runner.complete(held, { sessionId: 's-1', metrics: used(100, 0.5), ...changes });
  return { task, held };
}
const sendBack = ({ id }: Task) => sendBackTask(core, user, { taskId: id, feedback: 'Shorter, please.' });

test('work that is sent back goes on in its session, with the command for that, and its first use told apart', async () => {
  const { task } = await attempted();
  await sendBack(task);
  const next = await runner.claim();
  expect(next.spec).toMatchObject({
    commands: [['prepare'], RESUME],
    session: { id: 's-1', inputTokens: 100, cachedInputTokens: 100, outputTokens: 100, costUsd: 0.5 },
    prompt: { feedback: 'Shorter, please.' },
  });
  expect(await runOf(next)).toMatchObject({ resumedSessionId: 's-1' });
  await runner.complete(next, { sessionId: 's-1', metrics: used(30, 0.25) });
  await sendBack(task);
  expect((await runner.claim()).spec.session).toMatchObject({ inputTokens: 130, costUsd: 0.75 });
});

test('a failed task goes on in its session too, when it is tried again and when somebody has more to say', async () => {
  const { task } = await attempted(failed);
  await retryTask(core, user, { taskId: task.id });
  const next = await runner.claim();
  expect(next.spec.session?.id).toBe('s-1');
  await runner.complete(next, { ...failed, sessionId: 's-1', metrics: used(10) });
  await sendBack(task);
  expect((await runner.claim()).spec).toMatchObject({
    session: { id: 's-1' },
    prompt: { feedback: 'Shorter, please.' },
  });
});

test('a claim that comes again is told the same session', async () => {
  const { task } = await attempted();
  await sendBack(task);
  const claimId = newId();
  const first = await runner.claimOrNull(claimId);
  const again = await runner.claimOrNull(claimId);
  expect(first?.spec.session?.id).toBe('s-1');
  expect(again?.spec.session).toEqual(first?.spec.session);
});

test.each<[string, (task: Task) => Promise<unknown>, Partial<RunResult>?]>([
  ['by an agent that can not', async () => seeder(core).configure(agent, { commands: COMMANDS, resume: null })],
  ['without a session', async () => undefined, { sessionId: null }],
  [
    'by another agent',
    async ({ id }) => {
      const other = await seeder(core).agent(project, 'qa');
      await seeder(core).configure(other, { commands: COMMANDS, resume: RESUME });
      await updateTask(core, user, { taskId: id, agentId: other.id });
    },
  ],
  [
    'on another runner',
    async () => {
      runner = runnerSide(core, (await seeder(core).runner(undefined, { projectIds: [project.id] })).actor);
    },
  ],
  ['after it was full', async () => undefined, { ...failed, reason: 'context_full' }],
  ['after a refusal', async () => undefined, { ...failed, reason: 'refused' }],
])('an attempt begins anew %s', async (_when, change, ending) => {
  const { task } = await attempted(ending);
  await change(task);
  await sendBack(task);
  const next = await runner.claim();
  expect(next.spec.session).toBeNull();
  expect(next.spec.commands.at(-1)).toEqual(COMMANDS.at(-1));
  expect(await runOf(next)).toMatchObject({ resumedSessionId: null });
});

test.each([
  ['names none', null],
  ['names it all the same', 's-1'],
])(
  'a session not found, whose program %s, costs no attempt: the next begins anew, at once',
  async (_how, sessionId) => {
    const { task } = await attempted();
    await sendBack(task);
    const next = await runner.claim();
    await runner.complete(next, { ...failed, sessionId, metrics: used(null) });
    expect(await taskOf(task)).toMatchObject({ status: 'queued', feedback: 'Shorter, please.' });
    const anew = await runner.claim();
    expect(anew.spec).toMatchObject({ session: null, prompt: { feedback: 'Shorter, please.' } });
    // It is no way to be tried for ever.
    await runner.complete(anew, { ...failed, metrics: used(null) });
    expect(await taskOf(task)).toMatchObject({ status: 'failed' });
  },
);

test('one that failed at its work in a session that was found has failed', async () => {
  const { task } = await attempted();
  await sendBack(task);
  await runner.complete(await runner.claim(), { ...failed, sessionId: 's-1', metrics: used(7) });
  expect(await taskOf(task)).toMatchObject({ status: 'failed' });
});

test('a runner that is lost tells of no session, and the next attempt begins anew', async () => {
  const { task } = await attempted();
  await sendBack(task);
  const lost = await runner.claim();
  await endLease(core, lost.spec.runId);
  await sweepLeases(core);
  expect((await runner.claim()).spec.session).toBeNull();
});

test('what is no name of a session is refused as a result, since it stands in a command line later', async () => {
  await scheduledTask(core, user, project, agent);
  const held = await runner.claim();
  for (const sessionId of ['--dangerously', '-c', 'a b', 'a\nb', '', 'x'.repeat(201)])
    expect((await errorOf(runner.complete(held, { sessionId })))['fields']).toMatchObject([
      { path: ['result', 'sessionId'] },
    ]);
  expect(resultOf(held.spec).sessionId).toBeNull();
});

test.each([
  [{ commands: [['codex', '{session}']] }, ['config', 'commands', 0], 'Only the command in "resume"'],
  [{ setup: [['codex', '{session}']] }, ['config', 'setup', 0], 'Only the command in "resume"'],
  [{ resume: ['codex', 'resume'] }, ['config', 'resume'], 'says with {session}'],
  [{ resume: ['codex', '{session}', '{modle}'] }, ['config', 'resume', 2], 'no placeholder {modle}'],
])('a configuration with %j is refused', async (changes, path, words) => {
  const config = { ...presetConfig('codex'), ...changes };
  const error = await errorOf(updateAgent(core, user, { agentId: agent.id, config }));
  expect(error['fields']).toMatchObject([{ path, message: expect.stringContaining(words) as string }]);
});
