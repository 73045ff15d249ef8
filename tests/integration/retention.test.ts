import { existsSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { UserActor } from '#core/access/actor.ts';
import { uploadArtifact } from '#core/artifacts/upload-artifact.ts';
import { removeDeleted } from '#core/deletions/remove-deleted.ts';
import { follow } from '#core/events/follow.ts';
import type { Core } from '#core/platform/core.ts';
import { newId } from '#core/platform/ids.ts';
import { updateProject } from '#core/projects/update-project.ts';
import { applyRetention, RUNS_DUE } from '#core/retention/apply-retention.ts';
import { followRunActivity } from '#core/runs/follow-activity.ts';
import { followRunLog } from '#core/runs/follow-logs.ts';
import { sweepLeases } from '#core/runs/sweep-leases.ts';
import { commentOnTask } from '#core/tasks/comment-on-task.ts';
import { approveTask } from '#core/tasks/approve-task.ts';
import { transitionTask } from '#core/tasks/transition-task.ts';
import type { Agent, Project, Task } from '#prisma/generated/client/client.ts';
import { message } from '#tests/kit/activity.ts';
import { post } from '#tests/kit/graphql-client.ts';
import { growHistory } from '#tests/kit/history.ts';
import { explainSql } from '#tests/kit/plans.ts';
import { endLease, failed, runnerSide, scheduledTask } from '#tests/kit/runs.ts';
import type { HeldRun } from '#tests/kit/runs.ts';
import { seeder } from '#tests/kit/seed.ts';
import { startTestSystem } from '#tests/kit/system.ts';
import type { TestSystem } from '#tests/kit/system.ts';
import { errorOf } from '#tests/kit/until.ts';

let system: TestSystem;
let core: Core;
let url: string;
let owner: UserActor & { token: string };
let project: Project;
let agent: Agent;
let runnerActor: Awaited<ReturnType<ReturnType<typeof seeder>['runner']>>['actor'];
let runner: ReturnType<typeof runnerSide>;
beforeAll(async () => {
  system = await startTestSystem();
  ({ core } = system);
  ({ url } = await system.startApi());
  owner = await seeder(core).user();
});
beforeEach(async () => {
  project = await seeder(core).project(owner);
  agent = await seeder(core).agent(project);
  ({ actor: runnerActor } = await seeder(core).runner(undefined, { projectIds: [project.id] }));
  runner = runnerSide(core, runnerActor);
});
afterAll(() => system.close());

const keep = (days: { runLogDays?: number | null; eventDays?: number | null; artifactDays?: number | null }) =>
  updateProject(core, owner, { projectId: project.id, ...days });
async function apply(): Promise<void> {
  while (await applyRetention(core)) continue;
  while (await removeDeleted(core)) continue;
}
/** A task in review, whose run has ended with a line and a file. */
async function workedTask(changes: Partial<typeof failed> = {}): Promise<{ task: Task; held: HeldRun; file: string }> {
  const task = await scheduledTask(core, owner, project, agent);
  const held = await runner.claim();
  await runner.append(held, 0, ['one']);
  await runner.appendActivity(held, 0, [message(0, 'I look.')]);
  const artifact = await uploadArtifact(
    core,
    runnerActor,
    { runId: held.spec.runId, leaseToken: held.token, kind: 'report', name: 'report.md' },
    [Buffer.from('What was done')] as never,
  );
  await runner.complete(held, { ...changes, lineCount: 1 });
  return { task, held, file: path.join(core.dataDirectory, 'projects', artifact.storagePath) };
}
/** As if everything of the project had happened that many days earlier. */
async function age(days: number): Promise<void> {
  for (const sql of [
    `update agent_runs set finished_at = finished_at - make_interval(days => $2) where project_id = $1 and finished_at is not null`,
    `update artifacts set created_at = created_at - make_interval(days => $2) where project_id = $1`,
    `update realtime_events set created_at = created_at - make_interval(days => $2) where project_id = $1`,
  ])
    await core.pool.query(sql, [project.id, days]);
}
const linesOf = (runId: string): Promise<number> => core.db.agentRunLog.count({ where: { runId } });
const entriesOf = (runId: string): Promise<number> => core.db.runActivity.count({ where: { runId } });
const cancel = (task: Task) => transitionTask(core, owner, { taskId: task.id, to: 'canceled' });

describe('the lines of a run', () => {
  test('go that many days after its end, and the run says so everywhere', async () => {
    const { held } = await workedTask();
    await keep({ runLogDays: 7 });
    await age(6);
    await apply();
    expect([await linesOf(held.spec.runId), await entriesOf(held.spec.runId)]).toEqual([1, 1]);
    await age(2);
    await apply();
    expect([await linesOf(held.spec.runId), await entriesOf(held.spec.runId)]).toEqual([0, 0]);
    const answer = await post(
      url,
      'query ($id: ID!) { run(id: $id) { lineCount logRemovedAt logs { firstSeq } activityCount activity { firstSeq } } }',
      { id: held.spec.runId },
      owner.token,
    );
    expect(answer.data?.['run']).toEqual({
      lineCount: 1,
      logRemovedAt: expect.any(String) as string,
      logs: null,
      activityCount: 1,
      activity: null,
    });
    const download = await fetch(`${url}/files/runs/${held.spec.runId}/log.txt`, {
      headers: { authorization: `Bearer ${owner.token}` },
    });
    expect([download.status, await download.text()]).toEqual([410, expect.stringContaining('removed by retention on')]);
    expect((await followRunLog(core, held.spec.runId, -1).next()).done).toBe(true);
    expect((await followRunActivity(core, held.spec.runId, -1).next()).done).toBe(true);
  });

  test('stay for ever where nobody says otherwise, and in other projects', async () => {
    const { held } = await workedTask();
    await age(10_000);
    const other = await seeder(core).project(owner, 'Other');
    await updateProject(core, owner, { projectId: other.id, runLogDays: 1 });
    await apply();
    expect(await linesOf(held.spec.runId)).toBe(1);
  });

  test('of a run that wrote nothing are not said to be removed; those of a live run stay', async () => {
    await scheduledTask(core, owner, project, agent);
    const silent = await runner.claim();
    await runner.complete(silent, failed);
    await scheduledTask(core, owner, project, agent);
    const live = await runner.claim();
    await runner.append(live, 0, ['one']);
    await keep({ runLogDays: 1 });
    await age(30);
    await apply();
    const { data } = await post(
      url,
      'query ($id: ID!) { run(id: $id) { logRemovedAt } }',
      { id: silent.spec.runId },
      owner.token,
    );
    expect(data?.['run']).toEqual({ logRemovedAt: null });
    expect(await linesOf(live.spec.runId)).toBe(1);
    await runner.append(live, 1, ['two']);
  });

  test('are not added to again by a lost runner that comes back', async () => {
    await scheduledTask(core, owner, project, agent);
    const held = await runner.claim();
    await runner.append(held, 0, ['one']);
    await endLease(core, held.spec.runId);
    await sweepLeases(core);
    await keep({ runLogDays: 1 });
    await age(30);
    await apply();
    expect(await errorOf(runner.append(held, 1, ['tail']))).toMatchObject({ code: 'LEASE_LOST' });
    expect(await errorOf(runner.appendActivity(held, 0, [message(0, 'tail')]))).toMatchObject({ code: 'LEASE_LOST' });
    expect(await linesOf(held.spec.runId)).toBe(0);
  });

  describe('in a month that is over', () => {
    const OLD = '01700000-0000-7000-8000-000000000000';
    const isThere = async (): Promise<boolean> =>
      (
        await core.pool.query<{ lines: string | null; entries: string | null }>(
          `select to_regclass('agent_run_logs_2020_03')::text as lines, to_regclass('run_activity_2020_03')::text as entries`,
        )
      ).rows.some(({ lines, entries }) => lines !== null || entries !== null);
    /** A run of March 2020, with a line and an entry of activity. */
    async function oldRun(): Promise<string> {
      await core.pool.query(`select ensure_agent_run_log_partitions('2020-03-01'::date, 1)`);
      const { rows } = await core.pool.query<{ id: string }>(
        `select (left(uuid_v7_floor('2020-03-10')::text, 14) || '7000-8000-' || right($1::text, 12))::uuid as id`,
        [newId()],
      );
      const id = rows[0]?.id ?? OLD;
      const task = await seeder(core).task(owner, project);
      await core.pool.query(
        `insert into agent_runs (id, project_id, agent_id, task_id, attempt, status, reason, line_count, created_at, finished_at)
         values ($1, $2, $3, $4, 1, 'failed', 'internal', 1, '2020-03-10', '2020-03-10')`,
        [id, project.id, agent.id, task.id],
      );
      await core.pool.query(
        `insert into agent_run_logs (run_id, seq, stream, message) values ($1, 0, 'stdout', 'old')`,
        [id],
      );
      await core.pool.query(`insert into run_activity (run_id, seq, entry) values ($1, 0, $2)`, [
        id,
        JSON.stringify(message(0, 'old')),
      ]);
      return id;
    }

    test('go with their partition once no project keeps any, and only then', async () => {
      const runId = await oldRun();
      const [mine, other] = [project, await seeder(core).project(owner, 'Keeps all')];
      project = other;
      agent = await seeder(core).agent(other);
      const kept = await oldRun();
      await updateProject(core, owner, { projectId: mine.id, runLogDays: 30 });
      await apply();
      expect([await isThere(), await linesOf(runId), await linesOf(kept)]).toEqual([true, 0, 1]);
      expect([await entriesOf(runId), await entriesOf(kept)]).toEqual([0, 1]);
      await keep({ runLogDays: 30 });
      await apply();
      expect([await isThere(), await entriesOf(kept)]).toEqual([false, 0]);
      expect((await core.db.agentRun.findUniqueOrThrow({ where: { id: kept } })).logRemovedAt).not.toBeNull();
    });
  });
});

describe('events', () => {
  test('go by age; who needs one of them loads everything anew, who is up to date notices nothing', async () => {
    const task = await seeder(core).task(owner, project);
    const behind = 1n;
    await age(40);
    const upToDate = (await core.db.project.findUniqueOrThrow({ where: { id: project.id } })).eventCursor;
    await apply();
    expect(await core.db.realtimeEvent.count({ where: { projectId: project.id } })).toBe(0);
    await commentOnTask(core, owner, { taskId: task.id, text: 'New' });
    const late = follow(core, project.id, behind);
    expect((await late.next()).value).toMatchObject({ resync: true });
    const ready = follow(core, project.id, upToDate);
    expect((await ready.next()).value).toMatchObject({ type: 'task.event.appended', cursor: String(upToDate + 1n) });
    await Promise.all([late.return(undefined), ready.return(undefined)]);
  });

  test('are kept for ever on demand', async () => {
    await keep({ eventDays: null });
    await age(4_000);
    await apply();
    expect(await core.db.realtimeEvent.count({ where: { projectId: project.id } })).toBeGreaterThan(0);
  });
});

describe('artifacts', () => {
  test('of a task that is over go with their files, and say so', async () => {
    const [open, over] = [await workedTask(), await workedTask()];
    await cancel(over.task);
    await keep({ artifactDays: 10 });
    await age(11);
    await apply();
    expect([existsSync(open.file), existsSync(over.file)]).toEqual([true, false]);
    const { data } = await post(
      url,
      'query ($id: ID!) { task(id: $id) { artifacts { nodes { id name removedAt text } } } }',
      { id: over.task.id },
      owner.token,
    );
    const [artifact] = (data as { task: { artifacts: { nodes: { id: string }[] } } }).task.artifacts.nodes;
    expect(artifact).toMatchObject({ name: 'report.md', removedAt: expect.any(String) as string, text: null });
    const download = await fetch(`${url}/files/artifacts/${artifact?.id ?? ''}`, {
      headers: { authorization: `Bearer ${owner.token}` },
    });
    expect(download.status).toBe(410);
  });

  test('a review with all of its files can be approved at any age', async () => {
    const { task, file } = await workedTask();
    await keep({ artifactDays: 1, runLogDays: 1 });
    await age(400);
    await apply();
    expect(existsSync(file)).toBe(true);
    expect((await approveTask(core, owner, { taskId: task.id })).mergeRun).not.toBeNull();
  });
});

test('the settings are read and changed by the API, within bounds', async () => {
  const change = (retention: object) =>
    post(
      url,
      `mutation ($input: UpdateProjectInput!) { updateProject(input: $input) { __typename ... on InvalidInputError { fields { path } }
         ... on UpdateProjectPayload { project { retention { runLogDays eventDays artifactDays } } } } }`,
      { input: { projectId: project.id, retention } },
      owner.token,
    );
  expect((await change({ runLogDays: 90 })).data?.['updateProject']).toMatchObject({
    project: { retention: { runLogDays: 90, eventDays: 30, artifactDays: null } },
  });
  expect((await change({ runLogDays: null, artifactDays: 365 })).data?.['updateProject']).toMatchObject({
    project: { retention: { runLogDays: null, eventDays: 30, artifactDays: 365 } },
  });
  expect((await change({ eventDays: 0 })).data?.['updateProject']).toMatchObject({
    __typename: 'InvalidInputError',
    fields: [{ path: ['eventDays'] }],
  });
});

test('what is due is found by an index, however much was removed before', { timeout: 120_000 }, async () => {
  await growHistory(core, project, agent, { done: 30_000, waiting: 0 });
  await core.pool.query(
    `update agent_runs set log_removed_at = now() where project_id = $1 and finished_at < now() - interval '2 days'`,
    [project.id],
  );
  await core.pool.query('analyze agent_runs');
  await keep({ runLogDays: 1 });
  const { result, readings } = await explainSql(() => core.pool.query(RUNS_DUE, [project.id, 1, 500]));
  expect(result.rowCount).toBe(500);
  expect(readings[0]?.wholeTables).toEqual([]);
  expect(readings[0]?.rowsRead).toBeLessThanOrEqual(1_500);
});
