/**
 * From a claim to its process, without and with a sandbox. A claim is dated by the database, inside its transaction
 * (`run.startedAt`); what comes after that is in the figure: the rest of the transaction, the answer, the branch and
 * worktree, the keeper, the sandbox.
 */
import { addAgent, createTask, endedRun, startProduct } from './kit/product.ts';
import type { Product } from './kit/product.ts';
import { REPEATS, interleaved, nowMs, report } from './kit/statistics.ts';
import type { Sample } from './kit/statistics.ts';

const RUNS_A_REPEAT = 5;

const products: Record<'plain' | 'sandboxed', Product> = {
  plain: await startProduct({ sandbox: 'off' }),
  sandboxed: await startProduct({ sandbox: 'required' }),
};
try {
  const agentIds = {
    plain: await addAgent(products.plain, 'starter', {}),
    sandboxed: await addAgent(products.sandboxed, 'starter', {}),
  };

  const measure = async (how: 'plain' | 'sandboxed'): Promise<Sample> => {
    const product = products[how];
    const startMs = nowMs();
    await createTask(product, agentIds[how]);
    const answeredMs = nowMs();
    const agent = await product.agents.next();
    agent.order({ kind: 'end' });
    const run = await endedRun(product, agent.runId);
    // The cycle and the copy of the state document that the end of the run asked for, and the next standby keeper.
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    return {
      claim: agent.startedWallMs - Date.parse(run.startedAt),
      task: agent.startedMs - startMs,
      answer: answeredMs - startMs,
    };
  };

  for (let warmUp = 0; warmUp < 5; warmUp += 1) for (const how of ['plain', 'sandboxed'] as const) await measure(how);
  const samples = await interleaved(['plain', 'sandboxed'], measure, REPEATS * RUNS_A_REPEAT);
  const values = (how: 'plain' | 'sandboxed', field: string): number[] =>
    samples[how].map((sample) => sample[field] ?? Number.NaN);
  report('claim → process started', [
    { name: 'claim (database) → process started', values: values('plain', 'claim'), unit: 'ms', gate: { atMost: 50 } },
    {
      name: 'claim (database) → process started, in a sandbox',
      values: values('sandboxed', 'claim'),
      unit: 'ms',
      gate: { atMost: 65 },
    },
    { name: 'createTask sent → process started', values: values('plain', 'task'), unit: 'ms' },
    { name: 'createTask sent → process started, in a sandbox', values: values('sandboxed', 'task'), unit: 'ms' },
    { name: 'createTask sent → answer', values: values('plain', 'answer'), unit: 'ms' },
  ]);
} finally {
  for (const product of Object.values(products)) await product.stop();
}
