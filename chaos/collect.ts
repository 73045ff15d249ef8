import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EventFact, GitFact, LineFact, RunFact, SurvivorFact, TaskFact } from './checker/facts.ts';
import { listProcesses, readVariable } from './system/processes.ts';
import type { Services } from './system/services.ts';
import type { ChaosProject } from './workload/project.ts';
import { readRefs } from './workload/project.ts';
import { git, OWN_FILES } from './workload/repository.ts';

const MICROSECONDS = (column: string): string => `(extract(epoch from ${column}) * 1000000)::float8`;

export interface Rows {
  runs: RunFact[];
  lines: Map<string, LineFact[]>;
  tasks: TaskFact[];
  events: EventFact[];
}

/** What the database says of one project. */
export async function readRows(services: Services, projectId: string): Promise<Rows> {
  const runs = await services.read<RunFact & Record<string, unknown>>(
    `select r.id, r.task_id as "taskId", r.kind, r.attempt, r.status, r.reason, r.message, r.exit_code as "exitCode", r.line_count as "lineCount", r.branch, r.head_commit as "headCommit",
            (select name from runners where id = r.runner_id) as runner from agent_runs r where r.project_id = $1 order by r.id`,
    [projectId],
  );
  const lineRows = await services.read<LineFact & { runId: string }>(
    `select run_id as "runId", seq, stream, message, ${MICROSECONDS('created_at')} as "atUs" from agent_run_logs where run_id in (select id from agent_runs where project_id = $1) order by run_id, seq`,
    [projectId],
  );
  const lines = new Map<string, LineFact[]>(runs.map(({ id }) => [id, []]));
  for (const { runId, ...line } of lineRows) lines.get(runId)?.push(line);
  const tasks = await services.read<TaskFact & Record<string, unknown>>(
    `select t.id, t.title, t.status, t.held_by as "heldBy",
            coalesce((select json_agg(e.payload->>'to' order by e.id) from task_events e where e.task_id = t.id and e.event_type = 'status_changed'), '[]') as history from tasks t where t.project_id = $1 order by t.id`,
    [projectId],
  );
  const events = await services.read<EventFact & Record<string, unknown>>(
    `select cursor::int as cursor, event_type as type, payload->>'id' as "entityId", payload->'patch' as patch, ${MICROSECONDS('created_at')} as "atUs" from realtime_events where project_id = $1 order by cursor`,
    [projectId],
  );
  return { runs, lines, tasks, events };
}

/** What the owner's repository says. */
export function readRepository({ repository, refsBefore }: ChaosProject, runs: readonly RunFact[]): GitFact {
  const refsAfter = readRefs(repository);
  const heads = [...new Set(runs.filter(({ kind }) => kind === 'task').flatMap(({ headCommit }) => headCommit ?? []))];
  const known = heads.filter((commit) => isCommit(repository, commit));
  const base = refsBefore.get('refs/heads/main') ?? '';
  const reachable = new Set(git(repository, 'rev-list', 'refs/heads/main').split('\n'));
  return {
    refsBefore,
    refsAfter,
    baseCommits: git(repository, 'log', '--format=%H %P', `${base}..refs/heads/main`)
      .split('\n')
      .filter(Boolean)
      .map((line) => {
        const [id = '', ...parents] = line.split(' ');
        return { id, parents };
      }),
    landed: new Set(known.filter((commit) => reachable.has(commit))),
    statusLines: git(repository, 'status', '--porcelain=v1', '--untracked-files=all')
      .split('\n')
      .filter((line) => line !== '' && !(line.slice(3) in OWN_FILES)),
    complaints: fsck(repository),
    locks: findLocks(join(repository, '.git')),
    lostOwnFiles: Object.entries(OWN_FILES)
      .filter(
        ([path, text]) => !existsSync(join(repository, path)) || readFileSync(join(repository, path), 'utf8') !== text,
      )
      .map(([path]) => path),
    contents: new Map(known.map((commit) => [commit, readContents(repository, commit)])),
  };
}

function isCommit(repository: string, commit: string): boolean {
  try {
    git(repository, 'cat-file', '-e', `${commit}^{commit}`);
    return true;
  } catch {
    // The question itself: it is not there.
    return false;
  }
}

function readContents(repository: string, commit: string): Map<string, string> {
  const paths = git(repository, 'ls-tree', '-r', '-z', '--name-only', commit, 'work').split('\0').filter(Boolean);
  return new Map(
    paths.map((path) => [
      path,
      createHash('sha256')
        .update(git(repository, 'show', `${commit}:${path}`))
        .digest('hex'),
    ]),
  );
}

function fsck(repository: string): string[] {
  try {
    return git(repository, 'fsck', '--connectivity-only', '--no-dangling', '--no-progress').split('\n').filter(Boolean);
  } catch (error) {
    return String((error as { stderr?: string }).stderr ?? error)
      .split('\n')
      .filter(Boolean);
  }
}

function findLocks(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.lock'));
}

/** Processes of runs that have ended, and what such runs left without a trace of themselves. */
export function findSurvivors(runIds: ReadonlySet<string>, journalPort: number): SurvivorFact[] {
  return listProcesses().flatMap(({ pid, command }) => {
    const runId = readVariable(pid, 'OVERMIND_RUN_ID');
    const isOfRun = runId !== null && runIds.has(runId);
    return isOfRun || command.endsWith(`sleep 86400.${journalPort}`)
      ? [{ pid, command: command.slice(0, 200), runId }]
      : [];
  });
}
