/**
 * How runs end: from the end of the program to the run's end in the database (changes taken in, diff made, all lines
 * stored), by the size of what it left; from a cancel to the end of the program; from a killed program to the run's end.
 */
import { addAgent, createTask, endedRun, startProduct } from './kit/product.ts';
import type { AgentOrder, StartedAgent } from './kit/agent-control.ts';
import { REPEATS, nowMs, report } from './kit/statistics.ts';

const ONE_FILE_RUNS_A_REPEAT = 3;
const CANCELS_A_REPEAT = 5;
const CANCEL_RUN = 'mutation ($input: ID!) { cancelRun(runId: $input) { __typename ... on UserError { code message } } }';

const product = await startProduct();
try {
  const agentId = await addAgent(product, 'ender', {});
  const wallMs = (): number => performance.timeOrigin + performance.now();

  async function start(): Promise<StartedAgent> {
    await createTask(product, agentId);
    return product.agents.next();
  }
  async function endMs(order: AgentOrder): Promise<number> {
    const agent = await start();
    agent.order(order);
    const endedMs = await agent.ended;
    return Date.parse((await endedRun(product, agent.runId)).finishedAt) - endedMs;
  }
  async function cancel(): Promise<number> {
    const agent = await start();
    const sentMs = wallMs();
    await product.client.ask(CANCEL_RUN, { input: agent.runId });
    const goneMs = (await agent.ended) - sentMs;
    await endedRun(product, agent.runId, ['CANCELED']);
    return goneMs;
  }
  async function kill(): Promise<number> {
    const agent = await start();
    process.kill(agent.pid, 'SIGKILL');
    const killedMs = wallMs();
    return Date.parse((await endedRun(product, agent.runId, ['FAILED'])).finishedAt) - killedMs;
  }
  const repeat = async (count: number, measure: () => Promise<number>): Promise<number[]> => {
    const values: number[] = [];
    for (let number = 0; number < count; number += 1) {
      values.push(await measure());
      // What the end of the run asked for, and the next standby keeper.
      await new Promise((resolve) => setTimeout(resolve, 1_000));
    }
    return values;
  };

  await endMs({ kind: 'make', files: 1, links: 0 });
  const startMs = nowMs();
  const oneFile = await repeat(REPEATS * ONE_FILE_RUNS_A_REPEAT, () => endMs({ kind: 'make', files: 1, links: 0 }));
  const manyFiles = await repeat(REPEATS, () => endMs({ kind: 'make', files: 10_000, links: 0 }));
  const manyLinks = await repeat(REPEATS, () => endMs({ kind: 'make', files: 0, links: 1_500 }));
  const canceled = await repeat(REPEATS * CANCELS_A_REPEAT, cancel);
  const killed = await repeat(REPEATS * ONE_FILE_RUNS_A_REPEAT, kill);
  report(`how runs end (${Math.round((nowMs() - startMs) / 1_000)} s)`, [
    { name: 'program ended → run completed, one file', values: oneFile, unit: 'ms', gate: { atMost: 80 } },
    { name: 'program ended → run completed, 10,000 files', values: manyFiles, unit: 'ms', gate: { atMost: 3_000 } },
    { name: 'program ended → run completed, 1,500 links', values: manyLinks, unit: 'ms', gate: { atMost: 1_000 } },
    { name: 'cancel sent → program gone', values: canceled, unit: 'ms', gate: { atMost: 9 } },
    { name: 'program killed → run failed', values: killed, unit: 'ms', gate: { atMost: 70 } },
  ]);
} finally {
  await product.stop();
}
