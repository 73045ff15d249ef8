import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Queue } from 'bullmq';
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import type { UserActor } from '#core/access/actor.ts';
import { copyStateToGit, rebuildState } from '#core/jobs/jobs.ts';
import { rulesPlanner } from '#core/planner/rules/rules-planner.ts';
import { runCycles } from '#core/cycles/run-cycle.ts';
import type { Core } from '#core/platform/core.ts';
import { LockLostError } from '#core/platform/locked-client.ts';
import { createLogger } from '#core/platform/logger.ts';
import { connectRedis } from '#core/platform/open-core.ts';
import { copyStateVersions } from '#core/state/copy-to-git.ts';
import { rebuildStateDocument } from '#core/state/rebuild-state.ts';
import { transitionTask } from '#core/tasks/transition-task.ts';
import type { Project } from '#prisma/generated/client/client.ts';
import { seeder } from '#tests/kit/seed.ts';
import { startTestSystem } from '#tests/kit/system.ts';
import type { TestSystem } from '#tests/kit/system.ts';
import { errorOf, until } from '#tests/kit/until.ts';
import { startWorkers } from '#workers/start-workers.ts';

let system: TestSystem;
let core: Core;
/** The same, with a Git that waits for `open`. */
let slow: Core;
let folder: string;
let user: UserActor;
let project: Project;
const opened: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  system = await startTestSystem();
  ({ core } = system);
  folder = await mkdtemp(path.join(tmpdir(), 'slow-git-'));
  const git = execFileSync('sh', ['-c', 'command -v git'], { encoding: 'utf8' }).trim();
  await writeFile(
    path.join(folder, 'git'),
    `#!/bin/sh\nwhile [ ! -e '${folder}/open' ]; do sleep 0.05; done\nexec '${git}' "$@"\n`,
    { mode: 0o755 },
  );
  const own = system.openCore({
    searchPath: `${folder}:${process.env['PATH']}`,
    logger: createLogger('slow', 'silent'),
  });
  opened.push(own);
  slow = own;
  user = await seeder(core).user();
});
beforeEach(async () => {
  await rm(path.join(folder, 'open'), { force: true });
  project = await seeder(core).project(user);
});
afterAll(async () => {
  for (const own of opened) await own.close();
  await system.close();
  await rm(folder, { recursive: true, force: true });
});

/** Workers that end with the test, also with one that fails: left behind, they would take the next one's jobs. */
function work(own: Core): void {
  const { redisUrl, redisPrefix } = system;
  const stop = startWorkers(own, { planner: rulesPlanner, redisUrl, redisPrefix });
  onTestFinished(async () => {
    await openGit();
    await stop();
  });
}
const openGit = () => writeFile(path.join(folder, 'open'), '');
/** The queues themselves, let go with the test. */
function openQueues(): Queue[] {
  const connection = connectRedis(system.redisUrl, core.logger, { waitsInside: true });
  const queues = ['orchestrator', 'maintenance'].map(
    (name) => new Queue(name, { connection, prefix: `${system.redisPrefix}-jobs` }),
  );
  onTestFinished(async () => {
    for (const queue of queues) await queue.close();
    connection.disconnect();
  });
  return queues;
}
/** What a change leaves behind whose wake-ups are lost. */
const withoutWakeUps = (): Core => ({ ...core, queues: { add: async () => {}, close: async () => {} } });
function copiedVersions(of: Project): string[] {
  return gitOf(of, 'log', '--reverse', '--format=%s')
    .trim()
    .split('\n')
    .map((subject) => subject.replace(/:.*/, ''));
}
const gitOf = (of: Project, ...args: string[]): string =>
  execFileSync('git', args, {
    cwd: path.join(system.dataDirectory, 'projects', of.id, 'state'),
    encoding: 'utf8',
  });
/** So long after the newest version was made that what comes is another one. */
const later = () =>
  core.pool.query(
    `update project_state_versions set created_at = created_at - interval '1 minute' where project_id = $1`,
    [project.id],
  );
async function holders(lock: string): Promise<number[]> {
  const { rows } = await core.pool.query<{ pid: number }>(
    `select pid from pg_locks where locktype = 'advisory' and objsubid = 1
        and ((classid::bigint << 32) | objid::bigint) = hashtextextended($1, 0)
        and database = (select oid from pg_database where datname = current_database())`,
    [lock],
  );
  return rows.map(({ pid }) => pid);
}
async function isCopying(of: Project): Promise<void> {
  await until(
    () => holders(`state-git:${of.id}`),
    (pids) => pids.length === 1,
  );
}

test('while one copies, nobody waits, and what is written meanwhile is copied too', async () => {
  await rebuildStateDocument(withoutWakeUps(), project.id);
  const copying = copyStateVersions(slow, project.id);
  await isCopying(project);
  await later();
  await seeder(withoutWakeUps()).task(user, project);
  await rebuildStateDocument(withoutWakeUps(), project.id);
  // Were they waiting, this would hang: Git is not let go yet.
  await Promise.all(Array.from({ length: 6 }, () => copyStateVersions(slow, project.id)));
  await openGit();
  await copying;
  expect(copiedVersions(project)).toEqual(['version 1', 'version 2']);
});

test('a copy that finds nothing new leaves what lies beside it', async () => {
  await openGit();
  await rebuildStateDocument(withoutWakeUps(), project.id);
  await copyStateVersions(core, project.id);
  const file = path.join(system.dataDirectory, 'projects', project.id, 'artifacts', 'report.md');
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, 'kept');
  for (let again = 0; again < 2; again += 1) await copyStateVersions(core, project.id);
  expect(await readFile(file, 'utf8')).toBe('kept');
  expect(copiedVersions(project).length).toBeGreaterThan(0);
});

test('a copy is broken off with its connection, and goes on where it stands', async () => {
  await rebuildStateDocument(withoutWakeUps(), project.id);
  const copying = errorOf(copyStateVersions(slow, project.id));
  await isCopying(project);
  await core.pool.query('select pg_terminate_backend($1)', await holders(`state-git:${project.id}`));
  await openGit();
  expect(await copying).toBeInstanceOf(LockLostError);
  await copyStateVersions(core, project.id);
  expect(copiedVersions(project)).toEqual(['version 1']);
});

test('copies of one project leave the workers to the others', async () => {
  const other = await seeder(core).project(user, 'Other');
  await rebuildStateDocument(withoutWakeUps(), project.id);
  // Copies of other projects, too, would wait for this Git, each in the place of one job.
  const queues = openQueues();
  for (const queue of queues) await queue.drain();
  work(slow);
  for (let i = 0; i < 12; i += 1) await core.queues.add(copyStateToGit, { projectId: project.id });
  await isCopying(project);
  await core.queues.add(rebuildState, { projectId: other.id });
  await until(
    () => core.db.projectStateVersion.count({ where: { projectId: other.id } }),
    (count) => count > 0,
  );
});

test('ten changes whose wake-ups wait are one job of a kind', async () => {
  const seed = seeder(core);
  await runCycles(core, project.id, { planner: rulesPlanner });
  const queues = openQueues();
  for (const queue of queues) await queue.drain();
  const task = await seed.task(user, project, { agentId: (await seed.agent(project)).id });
  for (let i = 0; i < 5; i += 1) {
    await transitionTask(core, user, { taskId: task.id, to: 'blocked', reason: `reason ${i}` });
    await transitionTask(core, user, { taskId: task.id, to: 'queued' });
  }
  const jobs = await until(
    async () => (await Promise.all(queues.map((queue) => queue.getJobs(['waiting', 'delayed', 'active'])))).flat(),
    (found) => found.length >= 2,
  );
  const ofProject = jobs.filter((job) => (job.data as { projectId: string }).projectId === project.id);
  expect(ofProject.map(({ name }) => name).sort()).toEqual(['orchestrator.cycle', 'state.rebuild']);
});

test('a change whose wake-ups are lost reaches the document, and Git, by the sweep', async () => {
  await openGit();
  const agentId = (await seeder(core).agent(project)).id;
  await core.db.orchestratorCycle.deleteMany({ where: { projectId: project.id } });
  await seeder(withoutWakeUps()).task(user, project, { title: 'Lost and found', agentId });
  work(core);
  const version = await until(
    () => core.db.projectStateVersion.findFirst({ where: { projectId: project.id } }),
    (found) => found !== null,
    15_000,
  );
  expect(version?.content).toContain('Lost and found');
  await until(
    () => core.db.project.findUniqueOrThrow({ where: { id: project.id } }),
    ({ stateCopied }) => stateCopied === version?.version,
    15_000,
  );
  expect(copiedVersions(project)).toEqual(['version 1']);
});

test('a commit has the line of its version, and the newest one follows the facts', async () => {
  await openGit();
  await rebuildStateDocument(withoutWakeUps(), project.id);
  await copyStateVersions(core, project.id);
  const agentId = (await seeder(core).agent(project)).id;
  await later();
  const task = await seeder(withoutWakeUps()).task(user, project, { title: 'Revision: 99', agentId });
  await rebuildStateDocument(withoutWakeUps(), project.id);
  await copyStateVersions(core, project.id);
  const [first] = gitOf(project, 'log', '--reverse', '--format=%H').split('\n');
  // A moving fact: who does it is not in the line, when it was touched is in the document.
  await core.pool.query(`update tasks set updated_at = now() + interval '1 hour' where id = $1`, [task.id]);
  await rebuildStateDocument(withoutWakeUps(), project.id);
  const version = await core.db.projectStateVersion.findFirstOrThrow({
    where: { projectId: project.id },
    orderBy: { version: 'desc' },
  });
  await copyStateVersions(core, project.id);
  await copyStateVersions(core, project.id);
  expect(gitOf(project, 'log', '-1', '--format=%B').trim()).toBe(
    [
      `version 2: ${user.email}: Revision: 99 added`,
      '',
      `- ${user.email}: Revision: 99 added`,
      '',
      `Revision: ${version.revision}`,
    ].join('\n'),
  );
  expect(gitOf(project, 'show', 'HEAD:state.yaml')).toBe(version.content);
  expect(copiedVersions(project)).toEqual(['version 1', 'version 2']);
  // What was committed before stays what it was.
  expect(gitOf(project, 'rev-parse', 'HEAD~1').trim()).toBe(first);
  expect(await core.db.project.findUniqueOrThrow({ where: { id: project.id } })).toMatchObject({
    stateCopied: 2n,
    stateCopiedRevision: version.revision,
  });
});

test('commits that were made anew are thrown away in time', async () => {
  await openGit();
  await rebuildStateDocument(withoutWakeUps(), project.id);
  await core.pool.query('update project_state_versions set version = 49 where project_id = $1', [project.id]);
  const dangling = (): number => gitOf(project, 'fsck', '--unreachable', '--no-progress').split('\n').length - 1;
  for (let i = 1; i <= 3; i += 1) {
    await core.pool.query('update projects set name = $2 where id = $1', [project.id, `Name ${i}`]);
    await rebuildStateDocument(withoutWakeUps(), project.id);
    await copyStateVersions(core, project.id);
  }
  expect(dangling()).toBeGreaterThan(0);
  await later();
  await seeder(withoutWakeUps()).task(user, project);
  await rebuildStateDocument(withoutWakeUps(), project.id);
  await copyStateVersions(core, project.id);
  expect(dangling()).toBe(0);
});

test('a text that has followed the facts reaches Git by the sweep, too', async () => {
  await openGit();
  await rebuildStateDocument(withoutWakeUps(), project.id);
  await copyStateVersions(core, project.id);
  await core.pool.query('update projects set name = $2 where id = $1', [project.id, 'Moved on']);
  await rebuildStateDocument(withoutWakeUps(), project.id);
  work(core);
  await until(
    () => gitOf(project, 'show', 'HEAD:state.yaml'),
    (text) => text.includes('Moved on'),
    15_000,
  );
  expect(copiedVersions(project)).toEqual(['version 1']);
});
