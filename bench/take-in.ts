/**
 * From the end of an agent's program to the end of its run as a client sees it: every line stored, changes taken into the
 * repository, the diff made and sent. By the size of what the agent left.
 */
import type { AgentOrder } from './kit/agent-control.ts';
import { addAgent, createTask, startProduct } from './kit/product.ts';
import { REPEATS, interleaved, nowMs, report } from './kit/statistics.ts';
import type { Sample } from './kit/statistics.ts';

const STATUS = 'query ($id: ID!) { run(id: $id) { status } }';
const LIVE = ['PENDING', 'STARTED', 'STREAMING'];
/** The next standby keeper, and the cycle that the end of the run asked for. */
const SETTLE_MS = 1_000;
const ORDERS = {
  oneFile: { kind: 'make', files: 1, links: 0 },
  manyFiles: { kind: 'make', files: 10_000, links: 0 },
  manyLinks: { kind: 'make', files: 0, links: 1_500 },
} as const satisfies Record<string, AgentOrder>;
type Size = keyof typeof ORDERS;

const product = await startProduct();
try {
  const agentId = await addAgent(product, 'maker', {});
  const measure = async (size: Size): Promise<Sample> => {
    await createTask(product, agentId);
    const agent = await product.agents.next();
    agent.order(ORDERS[size]);
    const goneMs = await agent.goneMs;
    while (LIVE.includes((await product.client.ask<{ status: string }>(STATUS, { id: agent.runId })).status))
      await new Promise((resolve) => setTimeout(resolve, 1));
    const endMs = nowMs() - goneMs;
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    return { endMs };
  };
  await measure('oneFile');
  const samples = await interleaved(Object.keys(ORDERS) as Size[], measure, REPEATS);
  const values = (size: Size): number[] => samples[size].map(({ endMs }) => endMs ?? Number.NaN);
  report('program ended → run completed', [
    { name: 'one file', values: values('oneFile'), unit: 'ms', gate: { atMost: 80 } },
    { name: '10,000 files', values: values('manyFiles'), unit: 'ms', gate: { atMost: 3_000 } },
    { name: '1,500 new links', values: values('manyLinks'), unit: 'ms', gate: { atMost: 1_000 } },
  ]);
} finally {
  await product.stop();
}
