import type { Facts, RunFact, TaskFact, Violation } from './facts.ts';

/** Refs that are ours to write; all others are the owner's. */
const OURS = /^refs\/(heads\/overmind|overmind)\//;
const BASE = 'refs/heads/main';

/** The owner's repository: one merge an approval, nothing of a canceled task, and nothing else touched. */
export function checkGit(facts: Facts): Violation[] {
  const { git } = facts;
  const refs = [...new Set([...git.refsBefore.keys(), ...git.refsAfter.keys()])]
    .filter((ref) => !OURS.test(ref) && ref !== BASE && git.refsBefore.get(ref) !== git.refsAfter.get(ref))
    .map((ref) => `${ref} is the owner's, and was ${git.refsAfter.has(ref) ? 'moved' : 'removed'}`);
  return [
    ...refs,
    ...git.statusLines.map((line) => `the owner's checkout is no longer clean: ${line}`),
    ...git.complaints.map((line) => `git fsck: ${line}`),
    ...git.locks.map((path) => `a lock is left behind: ${path}`),
    ...git.lostOwnFiles.map((path) => `the owner's file ${path} was changed or removed`),
    ...facts.tasks.flatMap((task) => checkTask(facts, task)),
    ...facts.runs.flatMap((run) => checkContent(facts, run)),
    ...strangeCommits(facts),
  ].map((what) => ({ rule: 'git', what }));
}

function checkTask({ git, runs }: Facts, task: TaskFact): string[] {
  const ofTask = runs.filter(({ taskId }) => taskId === task.id);
  const heads = new Set(ofTask.filter(({ kind }) => kind === 'task').flatMap(({ headCommit }) => headCommit ?? []));
  const merges = git.baseCommits.filter(({ parents }) => parents.slice(1).some((parent) => heads.has(parent))).length;
  const hasLanded = [...heads].some((head) => git.landed.has(head));
  const wasDone = task.status === 'done' || task.history.includes('done');
  const isMerged = ofTask.some(({ kind, status }) => kind === 'merge' && status === 'completed');
  const name = `the task ${task.title} (${task.status})`;
  return [
    ...(merges > 1 ? [`${name} was merged ${merges} times`] : []),
    ...(hasLanded && task.status === 'canceled' && !wasDone
      ? [`${name} was canceled, and its work is in the base branch`]
      : []),
    ...(hasLanded && task.status !== 'canceled' && !wasDone
      ? [`${name}: its work is in the base branch, and it is not done`]
      : []),
    ...(wasDone && isMerged && !hasLanded ? [`${name} is done, and its work is not in the base branch`] : []),
  ];
}

/** What a run that ended well has made is in its commit, byte for byte. */
function checkContent({ git, journals }: Facts, run: RunFact): string[] {
  if (run.kind !== 'task' || run.status !== 'completed' || !run.headCommit) return [];
  const contents = git.contents.get(run.headCommit);
  if (!contents) return [`the commit ${run.headCommit} of the run ${run.id} is gone`];
  const files = journals
    .filter(({ runId }) => runId === run.id)
    .flatMap(({ entries }) => entries.filter((entry) => entry.type === 'file'));
  return files
    .filter(({ path, sha }) => contents.get(path) !== sha)
    .map(
      ({ path }) =>
        `${path}, which the run ${run.id} wrote, ${contents.has(path) ? 'is another in its commit' : 'is not in its commit'}`,
    );
}

/** Everything that came into the base branch came by a merge of a run's work. */
function strangeCommits({ git, runs }: Facts): string[] {
  const heads = new Set(runs.flatMap(({ headCommit }) => headCommit ?? []));
  const byId = new Map(git.baseCommits.map((commit) => [commit.id, commit]));
  const strange: string[] = [];
  for (let at = git.baseCommits[0]; at; at = byId.get(at.parents[0] ?? ''))
    if (!at.parents.slice(1).some((parent) => heads.has(parent)) && !heads.has(at.id))
      strange.push(`the commit ${at.id} in the base branch is no merge of a run's work`);
  return strange;
}
