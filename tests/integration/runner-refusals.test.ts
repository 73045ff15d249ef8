import { existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { AgentConfig } from '#contract/agent-config.ts';
import type { UserActor } from '#core/access/actor.ts';
import type { Core } from '#core/platform/core.ts';
import type { Agent, AgentRun, Project, Task } from '#prisma/generated/client/client.ts';
import { makeRepository } from '#runner/testing/repositories.ts';
import type { TestRepository } from '#runner/testing/repositories.ts';
import { program, startTestRunner } from '#tests/kit/runner.ts';
import type { TestRunner } from '#tests/kit/runner.ts';
import { scheduledTask } from '#tests/kit/runs.ts';
import { seeder } from '#tests/kit/seed.ts';
import { startTestSystem } from '#tests/kit/system.ts';
import type { TestSystem } from '#tests/kit/system.ts';
import { until } from '#tests/kit/until.ts';

let folder: string;
let system: TestSystem;
let core: Core;
let runner: TestRunner;
let repository: TestRepository;
let user: UserActor;
let project: Project;
let agent: Agent;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'overmind-refusals-'));
  repository = makeRepository(path.join(folder, 'repos', 'repo'));
  makeRepository(path.join(folder, 'elsewhere'));
  symlinkSync(path.join(folder, 'elsewhere'), path.join(folder, 'repos', 'link'));
  mkdirSync(path.join(folder, 'repos', 'plain'));
  system = await startTestSystem();
  ({ core } = system);
  const seed = seeder(core);
  user = await seed.user();
  project = await seed.project(user, 'Refusals', repository.root);
  agent = await seed.agent(project);
  const { token } = await seed.runner('refusing');
  runner = await startTestRunner({
    url: (await system.startApi()).url,
    token,
    roots: [path.join(folder, 'repos')],
    executables: { 'not-installed': {} },
  });
}, 60_000);
afterAll(async () => {
  await runner.stop();
  await system.close();
  await rm(folder, { recursive: true, force: true });
});

async function runWith(changes: Partial<AgentConfig>): Promise<{ run: AgentRun; task: Task; lines: string[] }> {
  await seeder(core).configure(agent, { retry: { maxAttempts: 1, baseDelayMs: 0, maxDelayMs: 0 }, ...changes });
  const { id } = await scheduledTask(core, user, project, agent);
  const run = await until(
    () => core.db.agentRun.findFirstOrThrow({ where: { taskId: id } }),
    ({ finishedAt }) => finishedAt !== null,
    15_000,
  );
  const rows = await core.db.agentRunLog.findMany({ where: { runId: run.id }, orderBy: { seq: 'asc' } });
  expect(rows).toHaveLength(run.lineCount);
  return {
    run,
    task: await core.db.task.findUniqueOrThrow({ where: { id } }),
    lines: rows.map(({ stream, message }) => `${stream}: ${message}`),
  };
}

// Whatever a run did: nothing of it is left but what a person is to see, and the next one works.
afterEach(async () => {
  await until(
    () => readdir(path.join(runner.folder, 'runs')),
    (names) => names.length === 0,
  );
  expect(repository.git('worktree', 'list').split('\n')).toHaveLength(1);
  expect([repository.git('status', '--porcelain'), repository.git('branch', '--show-current')]).toEqual(['', 'main']);
  const { run, task } = await runWith({ commands: [program('write-files', '{"next.txt":"next\\n"}')] });
  expect([run.status, run.reason, task.status]).toEqual(['completed', 'ok', 'needs_review']);
  repository.git('branch', '-D', run.branch ?? '');
  // Nor was anything written to where the runner must not look.
  expect(existsSync(path.join(folder, 'elsewhere', '.git', 'worktrees'))).toBe(false);
});

const at = (...names: string[]): string => path.join(folder, ...names);
const limits = { runTimeoutMs: 60_000, idleTimeoutMs: null, graceMs: 1_000, maxLogBytes: 1_000_000 };

interface Case {
  name: string;
  config: () => Partial<AgentConfig>;
  status: string;
  reason: string;
  /** The whole sentence that a person reads. */
  says: RegExp;
}
const CASES: Case[] = [
  {
    name: 'the repository is missing',
    config: () => ({ repoRoot: at('repos', 'gone') }),
    status: 'failed',
    reason: 'repo_missing',
    says: /^There is no folder \/.*\/repos\/gone on runner refusing$/,
  },
  {
    name: 'the folder is no repository',
    config: () => ({ repoRoot: at('repos', 'plain') }),
    status: 'failed',
    reason: 'repo_missing',
    says: /^\/.*\/repos\/plain is not a Git repository \(an agent can work without one when its config says "inPlace"\)$/,
  },
  {
    name: 'the repository is outside the roots',
    config: () => ({ repoRoot: at('elsewhere') }),
    status: 'failed',
    reason: 'path_refused',
    says: /^\/.*\/elsewhere is outside the folders that the policy of runner refusing allows\. To allow it, add "\/.*\/elsewhere" to "roots" in \/.*\/policy\.json; it is read anew at once$/,
  },
  {
    name: 'a link leads out of the roots',
    config: () => ({ repoRoot: at('repos', 'link') }),
    status: 'failed',
    reason: 'path_refused',
    says: /^\/.*\/repos\/link is outside the folders that the policy of runner refusing allows\. To allow it, add /,
  },
  {
    name: 'the base branch is missing',
    config: () => ({ baseBranch: 'nowhere' }),
    status: 'failed',
    reason: 'repo_missing',
    says: /^The repository \/.*\/repo has no branch nowhere$/,
  },
  {
    name: 'the program is not installed',
    config: () => ({ commands: [['not-installed', 'x']] }),
    status: 'failed',
    reason: 'command_missing',
    says: /^The agent's command `not-installed` is not installed on runner refusing \(looked in .*\)/,
  },
  {
    name: 'the program is not in the policy',
    config: () => ({ commands: [['curl', 'http://example.org']] }),
    status: 'failed',
    reason: 'command_refused',
    says: /^The policy of runner refusing does not allow the agent's command `curl` \(allowed: demo-agent, git, node, not-installed\)\. What it allows is "executables" in \/.*\/policy\.json$/,
  },
  {
    name: 'a shell line instead of a program',
    config: () => ({ commands: [['node -e 1; rm -rf .']] }),
    status: 'failed',
    reason: 'command_refused',
    says: /`node -e 1; rm -rf \.`/,
  },
  {
    name: 'the command ends with an exit code',
    config: () => ({ commands: [program('exit-with', '7')] }),
    status: 'failed',
    reason: 'exit_code',
    says: /^The command `node .*exit-with\.mjs 7` ended with exit code 7$/,
  },
  {
    name: 'the command is ended by a signal',
    config: () => ({ commands: [program('exit-with', 'SIGKILL')] }),
    status: 'failed',
    reason: 'exit_code',
    says: /^The command `node .*` was ended by SIGKILL$/,
  },
  {
    name: 'the command hangs',
    config: () => ({ commands: [program('hang')], limits: { ...limits, runTimeoutMs: 700 } }),
    status: 'timed_out',
    reason: 'run_timeout',
    says: /^Ended: it ran for 0\.7 s, the agent's limit for a run$/,
  },
  {
    name: 'the command hangs and refuses to end',
    config: () => ({ commands: [program('ignore-sigterm')], limits: { ...limits, idleTimeoutMs: 700, graceMs: 300 } }),
    status: 'timed_out',
    reason: 'idle_timeout',
    says: /^Ended: it printed nothing for 0\.7 s, the agent's limit for silence$/,
  },
  {
    name: 'the output is over the cap',
    config: () => ({ commands: [program('flood')], limits }),
    status: 'failed',
    reason: 'output_limit',
    says: /^Ended: it printed more than 976\.6 KB, the limit for a run's output$/,
  },
];

test.each(CASES.map((row) => [row.name, row] as const))('%s', async (_name, { config, status, reason, says }) => {
  const { run, task, lines } = await runWith({ commands: [program('write-files', '{"a.txt":"a\\n"}')], ...config() });
  expect([run.status, run.reason, task.status]).toEqual([status, reason, 'failed']);
  expect(run.message).toMatch(says);
  // The log ends with the same sentence, and the task's history tells it too.
  expect(lines.at(-1)).toBe(`system: ${status.replace('_', ' ')}: ${run.message}`);
  expect(lines.filter((line) => line.includes(run.message ?? '')).length).toBeLessThanOrEqual(2);
  const told = await core.db.taskEvent.findFirst({ where: { taskId: task.id, eventType: 'error' } });
  expect(told?.payload).toMatchObject({ runId: run.id, reason, message: run.message });
  expect(repository.git('branch', '--list', 'overmind/*')).toBe('');
});

test('what was written before a failure is kept on the branch, and is the only thing that is kept', async () => {
  const { run, task } = await runWith({
    commands: [program('write-files', '{"half.txt":"half\\n"}'), program('exit-with', '3')],
  });
  expect([run.status, run.reason, run.exitCode, task.status]).toEqual(['failed', 'exit_code', 3, 'failed']);
  expect(repository.git('show', `${run.branch}:half.txt`)).toBe('half');
  repository.git('branch', '-D', run.branch ?? '');
});

test('binary output, a line of 200 kB and a last line without an end are stored, and the run is none the worse', async () => {
  const { run, task, lines } = await runWith({ commands: [program('print-binary')] });
  expect([run.status, run.reason, task.status]).toEqual(['completed', 'empty_diff', 'needs_review']);
  expect(lines).toContain('stdout: no newline at the end');
  expect(
    lines
      .filter((line) => /^stdout: («continued» )?x+/.test(line))
      .join('')
      .match(/x/g),
  ).toHaveLength(200_000);
  expect(lines.every((line) => Buffer.byteLength(line) <= 16_384 + 'stdout: '.length && !line.includes('\0'))).toBe(
    true,
  );
  expect(run.summary).toBe('no newline at the end');
});
