/**
 * From a claim to its process. A claim is dated by the database, inside its transaction (`run.startedAt`); what comes
 * after that is in the figure: the rest of the transaction, the answer, the branch and worktree, the keeper.
 */
import { addAgent, createTask, endedRun, startProduct } from './kit/product.ts';
import { REPEATS, nowMs, report } from './kit/statistics.ts';

const RUNS_A_REPEAT = 5;

const product = await startProduct();
try {
  const agentId = await addAgent(product, 'starter', {});
  const fromClaim: number[] = [];
  const fromTask: number[] = [];
  const fromTaskToAnswer: number[] = [];
  for (let count = -5; count < REPEATS * RUNS_A_REPEAT; count += 1) {
    const startMs = nowMs();
    await createTask(product, agentId);
    const answeredMs = nowMs();
    const agent = await product.agents.next();
    agent.order({ kind: 'end' });
    const run = await endedRun(product, agent.runId);
    if (count >= 0) {
      fromClaim.push(agent.startedWallMs - Date.parse(run.startedAt));
      fromTask.push(agent.startedMs - startMs);
      fromTaskToAnswer.push(answeredMs - startMs);
    }
    // The cycle and the copy of the state document that the end of the run asked for, and the next standby keeper.
    await new Promise((resolve) => setTimeout(resolve, 1_500));
  }
  report('claim → process started', [
    { name: 'claim (database) → process started', values: fromClaim, unit: 'ms', gate: { atMost: 60 } },
    { name: 'createTask sent → process started', values: fromTask, unit: 'ms' },
    { name: 'createTask sent → answer', values: fromTaskToAnswer, unit: 'ms' },
  ]);
} finally {
  await product.stop();
}
