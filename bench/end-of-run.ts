/**
 * How soon a run is over. Cancel: cancelRun sent → the agent's process is gone (its socket closes). Death: the agent's
 * process is gone → a client sees the run's last state. Each with and without a sandbox.
 */
import { addAgent, createTask, startProduct } from './kit/product.ts';
import type { Product } from './kit/product.ts';
import { REPEATS, interleaved, nowMs, report } from './kit/statistics.ts';
import type { Sample } from './kit/statistics.ts';

const CANCEL =
  'mutation ($id: ID!) { cancelRun(input: { runId: $id }) { __typename ... on UserError { code message } } }';
const STATUS = 'query ($id: ID!) { run(id: $id) { status } }';
const LIVE = ['PENDING', 'STARTED', 'STREAMING'];
/** The next standby keeper, and the cycle that the end of the run asked for. */
const SETTLE_MS = 1_000;

const products: Record<'plain' | 'sandboxed', Product> = {
  plain: await startProduct({ sandbox: 'off' }),
  sandboxed: await startProduct({ sandbox: 'required' }),
};
try {
  const agentIds = {
    plain: await addAgent(products.plain, 'ender', {}),
    sandboxed: await addAgent(products.sandboxed, 'ender', {}),
  };

  const measure = async (how: 'plain' | 'sandboxed'): Promise<Sample> => {
    const product = products[how];
    await createTask(product, agentIds[how]);
    const canceled = await product.agents.next();
    await settle();
    const cancelMs = nowMs();
    const answer = product.client.ask(CANCEL, { id: canceled.runId });
    const cancelToGone = (await canceled.goneMs) - cancelMs;
    await answer;
    await untilOver(product, canceled.runId);
    await settle();

    await createTask(product, agentIds[how]);
    const killed = await product.agents.next();
    await settle();
    killed.order({ kind: 'die' });
    const diedMs = await killed.goneMs;
    await untilOver(product, killed.runId);
    const deathToState = nowMs() - diedMs;
    await settle();
    return { cancelToGone, deathToState };
  };

  await measure('plain');
  await measure('sandboxed');
  const samples = await interleaved(['plain', 'sandboxed'], measure, REPEATS * 3);
  const values = (how: 'plain' | 'sandboxed', field: string): number[] =>
    samples[how].map((sample) => sample[field] ?? Number.NaN);
  report('the end of a run', [
    { name: 'cancel sent → agent gone', values: values('plain', 'cancelToGone'), unit: 'ms', gate: { atMost: 9 } },
    {
      name: 'cancel sent → agent gone, in a sandbox',
      values: values('sandboxed', 'cancelToGone'),
      unit: 'ms',
      gate: { atMost: 9 },
    },
    { name: 'agent dead → last state seen', values: values('plain', 'deathToState'), unit: 'ms', gate: { atMost: 70 } },
    {
      name: 'agent dead → last state seen, in a sandbox',
      values: values('sandboxed', 'deathToState'),
      unit: 'ms',
      gate: { atMost: 70 },
    },
  ]);
} finally {
  for (const product of Object.values(products)) await product.stop();
}

async function settle(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
}

/** Asks again and again: a question takes some 2 ms, which are in the figure. */
async function untilOver({ client }: Product, runId: string): Promise<void> {
  while (LIVE.includes((await client.ask<{ status: string }>(STATUS, { id: runId })).status))
    await new Promise((resolve) => setTimeout(resolve, 1));
}
