/** How long until a browser that watches the project knows of a new task: createTask sent → event over WebSocket. */
import { addAgent, createTask, startProduct } from './kit/product.ts';
import { REPEATS, nowMs, report } from './kit/statistics.ts';

const TASKS_A_REPEAT = 10;
const EVENTS =
  'subscription ($projectId: ID!) { projectEvents(projectId: $projectId) { __typename type entityId cursor patch } }';

interface ProjectEvent {
  type: string;
  entityId: string;
}

const product = await startProduct();
try {
  const seen = new Map<string, number>();
  let wake: () => void = () => undefined;
  const stop = product.client.subscribe<ProjectEvent>(EVENTS, { projectId: product.project.id }, (event) => {
    if (event.type !== 'task.created') return;
    seen.set(event.entityId, nowMs());
    wake();
  });
  // No runner has this label: the run waits, and what is measured is the task alone.
  const agentId = await addAgent(product, 'nobody', { labels: ['nobody-has-this'] });
  const toEvent: number[] = [];
  const toAnswer: number[] = [];
  for (let count = -10; count < REPEATS * TASKS_A_REPEAT; count += 1) {
    const startMs = nowMs();
    const taskId = await createTask(product, agentId);
    const answeredMs = nowMs();
    while (!seen.has(taskId)) await new Promise<void>((resolve) => (wake = resolve));
    if (count >= 0) {
      toEvent.push((seen.get(taskId) ?? Number.NaN) - startMs);
      toAnswer.push(answeredMs - startMs);
    }
    await product.client.ask(
      'mutation ($input: CancelTaskInput!) { cancelTask(input: $input) { __typename ... on UserError { code message } } }',
      { input: { taskId } },
    );
    // The cycle that the end of the task asked for.
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  stop();
  report('create task → event at a subscribed client', [
    { name: 'createTask sent → event received', values: toEvent, unit: 'ms', gate: { atMost: 25 } },
    { name: 'createTask sent → answer', values: toAnswer, unit: 'ms' },
  ]);
} finally {
  await product.stop();
}
