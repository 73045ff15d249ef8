import type { Facts, TaskFact, Violation } from './facts.ts';

/** Rule 5: every task that was accepted ends, or visibly waits; no work without a task, no task without its work. */
export function checkTasks(facts: Facts): Violation[] {
  const { requests, tasks, unsettled } = facts;
  const ids = new Set(tasks.map(({ id }) => id));
  const accepted = requests.filter(({ kind, outcome }) => kind === 'createTask' && outcome === 'done');
  const lost = accepted
    .filter(({ title }) => !tasks.some((task) => task.title === title))
    .map(({ title }) => `the task ${title} was accepted and is gone`);
  const doubled = [...new Set(tasks.map(({ title }) => title))]
    .filter((title) => tasks.filter((task) => task.title === title).length > 1)
    .map((title) => `the task ${title} was made more than once`);
  const orphans = facts.runs
    .filter(({ taskId }) => taskId === null || !ids.has(taskId))
    .map(({ id }) => `the run ${id} has no task`);
  return [...lost, ...doubled, ...orphans, ...unsettled, ...tasks.flatMap((task) => checkTask(facts, task))].map(
    (what) => ({ rule: 'tasks', what }),
  );
}

function checkTask({ requests, runs, isArchived }: Facts, task: TaskFact): string[] {
  const name = `the task ${task.title}`;
  const last = runs.filter(({ taskId, kind }) => taskId === task.id && kind === 'task').at(-1);
  const wasCanceled = requests.some(
    ({ kind, title, outcome }) => kind === 'cancelTask' && title === task.title && outcome === 'done',
  );
  if (wasCanceled && task.status !== 'canceled')
    return [`${name} was canceled, the API agreed, and it is ${task.status}`];
  if (task.status === 'in_progress' && !(last && ['started', 'streaming'].includes(last.status)))
    return [`${name} is in progress, and no run of it works`];
  if (task.status === 'queued' && !isArchived && task.heldBy === null && last?.status !== 'pending')
    return [`${name} is queued, nothing is scheduled for it, and it does not say why`];
  if (task.status === 'needs_review' && last?.status !== 'completed')
    return [`${name} needs review, and its last attempt is ${last?.status}`];
  return [];
}
