/** A line is written by a program → a subscriber has it; every line is stored for good before it is shown. */
import { LogFollower } from './kit/log-follower.ts';
import { addAgent, createTask, endedRun, startProduct } from './kit/product.ts';
import { interleaved, quantile, report } from './kit/statistics.ts';
import type { Sample } from './kit/statistics.ts';

const SECONDS = Number(process.env['SECONDS'] ?? 4);
const RATES = [10, 1_000, 5_000] as const;
/** Processor time of everything, PostgreSQL too, in ms for 1,000 lines; where a gate stands it is for this rate. */
const GATES: Record<(typeof RATES)[number], number> = { 10: 3_000, 1_000: 200, 5_000: 100 };

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
    const cpuSeconds = (): number => product.productCpuSeconds() + product.postgresCpuSeconds();
    const before = cpuSeconds();
    agent.order({ kind: 'pace', rate, seconds });
    await follower.until(rate * seconds);
    const used = cpuSeconds() - before;
    await endedRun(product, agent.runId);
    follower.close();
    return {
      p50: quantile(latencies, 0.5),
      p95: quantile(latencies, 0.95),
      p99: quantile(latencies, 0.99),
      cpuMsA1000: (used * 1e6) / (rate * seconds),
      linesABatch: (rate * seconds) / follower.batches,
    };
  };
  await measure(1_000, 2);
  const samples = await interleaved(RATES.map(String), (rate) => measure(Number(rate), SECONDS));
  report(
    'log line written → received by a subscriber',
    RATES.flatMap((rate) => {
      const values = (field: string): number[] => samples[rate]?.map((sample) => sample[field] ?? Number.NaN) ?? [];
      const at = `at ${rate.toLocaleString('en')} lines/s`;
      return [
        { name: `p50 ${at}`, values: values('p50'), unit: 'ms', ...(rate <= 1_000 && { gate: { atMost: 2 } }) },
        { name: `p95 ${at}`, values: values('p95'), unit: 'ms', ...(rate <= 1_000 && { gate: { atMost: 5 } }) },
        { name: `p99 ${at}`, values: values('p99'), unit: 'ms' },
        { name: `lines a batch ${at}`, values: values('linesABatch'), unit: 'lines' },
        {
          name: `processor for 1,000 lines ${at}`,
          values: values('cpuMsA1000'),
          unit: 'ms',
          gate: { atMost: GATES[rate] },
        },
      ];
    }),
  );
} finally {
  await product.stop();
}
