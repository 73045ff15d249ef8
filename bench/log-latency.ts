/** A line is written by a program → a subscriber has it; every line is stored for good before it is shown. */
import { LogFollower } from './kit/log-follower.ts';
import { addAgent, createTask, endedRun, startProduct } from './kit/product.ts';
import { interleaved, quantile, report } from './kit/statistics.ts';
import type { Sample } from './kit/statistics.ts';

const SECONDS = Number(process.env['SECONDS'] ?? 4);
const RATES = { '1,000 lines/s': 1_000, '50 lines/s': 50 } as const;

const product = await startProduct();
try {
  const agentId = await addAgent(product, 'pacer', {});
  const measure = async (rate: number, seconds: number): Promise<Sample> => {
    await createTask(product, agentId);
    const agent = await product.agents.next();
    const latencies: number[] = [];
    const follower = new LogFollower(
      product,
      agent.runId,
      (message) => Number(message.split(' ')[1]),
      (message, atMs) => latencies.push(atMs - Number.parseFloat(message)),
    );
    // The subscription is to be live before the first line that counts.
    await new Promise((resolve) => setTimeout(resolve, 500));
    const cpu = product.productCpuSeconds();
    agent.order({ kind: 'pace', rate, seconds });
    await follower.until(rate * seconds);
    const cpuShare = (product.productCpuSeconds() - cpu) / seconds;
    await endedRun(product, agent.runId);
    follower.close();
    return {
      p50: quantile(latencies, 0.5),
      p99: quantile(latencies, 0.99),
      max: Math.max(...latencies),
      cpu: cpuShare * 100,
      linesABatch: (rate * seconds) / follower.batches,
    };
  };
  await measure(1_000, 2);
  const samples = await interleaved(Object.keys(RATES) as (keyof typeof RATES)[], (name) =>
    measure(RATES[name], SECONDS),
  );
  const values = (name: keyof typeof RATES, field: string): number[] =>
    samples[name].map((sample) => sample[field] ?? Number.NaN);
  report('log line written → received by a subscriber', [
    { name: 'p50 at 1,000 lines/s', values: values('1,000 lines/s', 'p50'), unit: 'ms', gate: { atMost: 20 } },
    { name: 'p99 at 1,000 lines/s', values: values('1,000 lines/s', 'p99'), unit: 'ms', gate: { atMost: 150 } },
    { name: 'lines a batch at 1,000 lines/s', values: values('1,000 lines/s', 'linesABatch'), unit: 'lines' },
    {
      name: 'processor, all product processes, at 1,000 lines/s',
      values: values('1,000 lines/s', 'cpu'),
      unit: '% of a core',
    },
    { name: 'p50 at 50 lines/s', values: values('50 lines/s', 'p50'), unit: 'ms' },
    { name: 'p99 at 50 lines/s', values: values('50 lines/s', 'p99'), unit: 'ms' },
    {
      name: 'processor, all product processes, at 50 lines/s',
      values: values('50 lines/s', 'cpu'),
      unit: '% of a core',
    },
  ]);
} finally {
  await product.stop();
}
