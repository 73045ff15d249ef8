/**
 * Durable log lines through the whole product: programs write as fast as they can → spool → runner → api → PostgreSQL →
 * a subscriber has every line. Beside it, on the same server and in turn: raw COPY into the same table, and the design
 * to beat. Fails when a line is missing, doubled or out of order.
 */
import { pipeline } from 'node:stream/promises';
import { Readable } from 'node:stream';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { v7 as newId } from 'uuid';
import { startLineAtATime } from './kit/line-at-a-time.ts';
import { LogFollower } from './kit/log-follower.ts';
import { addAgent, createTask, endedRun, startProduct } from './kit/product.ts';
import { interleaved, nowMs, ratios, report } from './kit/statistics.ts';
import type { Sample } from './kit/statistics.ts';

const LINE_BYTES = 120;
const COPY_LINES = 60_000;
const lineOf = (number: number): string =>
  `${String(number).padStart(8, '0')} test src/module/case.spec.ts > handles input `.padEnd(
    LINE_BYTES,
    'abcdefghij klmnop qrstuv',
  );
const copyChunks = Array.from({ length: COPY_LINES / 400 }, (_, chunk) =>
  Array.from({ length: 400 }, (_line, i) => chunk * 400 + i),
);

const product = await startProduct();
const database = new pg.Client({ connectionString: product.databaseUrl });
await database.connect();
const lineAtATime = await startLineAtATime(product);
try {
  const agentId = await addAgent(product, 'writer', { inPlace: true, concurrency: 16 });

  const copy = async (): Promise<Sample> => {
    const runId = newId();
    const chunks = copyChunks.map((numbers) =>
      numbers.map((number) => `${runId}\t${number}\tstdout\t${lineOf(number)}\n`).join(''),
    );
    const startMs = nowMs();
    await pipeline(
      Readable.from(chunks),
      database.query(copyFrom('copy agent_run_logs (run_id, seq, stream, message) from stdin')),
    );
    return { linesPerSecond: COPY_LINES / ((nowMs() - startMs) / 1_000) };
  };

  const throughProduct = async (runs: number, linesARun: number): Promise<Sample> => {
    for (let run = 0; run < runs; run += 1) await createTask(product, agentId);
    const agents = await Promise.all(Array.from({ length: runs }, () => product.agents.next()));
    const followers = agents.map(
      ({ runId }) => new LogFollower(product, runId, (message) => Number(message.slice(0, 8))),
    );
    // Until the subscriptions are live and the starts have cooled down.
    await new Promise((resolve) => setTimeout(resolve, 800));
    const [productCpu, apiCpu, postgresCpu] = [
      product.productCpuSeconds(),
      product.apiCpuSeconds(),
      product.postgresCpuSeconds(),
    ];
    const startMs = nowMs();
    for (const agent of agents) agent.order({ kind: 'flood', lines: linesARun, lineBytes: LINE_BYTES });
    await Promise.all(followers.map((follower) => follower.until(linesARun)));
    const seconds = (nowMs() - startMs) / 1_000;
    const usALine = (cpuSeconds: number): number => (cpuSeconds * 1e6) / (runs * linesARun);
    const sample = {
      linesPerSecond: (runs * linesARun) / seconds,
      productCpu: usALine(product.productCpuSeconds() - productCpu),
      apiCpu: usALine(product.apiCpuSeconds() - apiCpu),
      postgresCpu: usALine(product.postgresCpuSeconds() - postgresCpu),
      linesABatch: (runs * linesARun) / followers.reduce((sum, { batches }) => sum + batches, 0),
    };
    for (const { runId } of agents) await assertStored(runId, linesARun, (await endedRun(product, runId)).lineCount);
    for (const follower of followers) follower.close();
    return sample;
  };

  const assertStored = async (runId: string, lines: number, lineCount: number): Promise<void> => {
    const { rows } = await database.query<{ all: number; output: number; last: number; wrong: number }>(
      `select count(*)::int as all, count(*) filter (where stream = 'stdout')::int as output, max(seq) as last,
              (select count(*) from (select left(message, 8)::int as number, row_number() over (order by seq) - 1 as place
                 from agent_run_logs where run_id = $1 and stream = 'stdout') as line where number <> place)::int as wrong
         from agent_run_logs where run_id = $1`,
      [runId],
    );
    const [found] = rows;
    if (found?.output !== lines || found.all !== lineCount || found.last !== lineCount - 1 || found.wrong !== 0)
      throw new Error(
        `Expected ${lines} lines of output among ${lineCount} of run ${runId}, found ${JSON.stringify(found)}`,
      );
  };

  const cases = {
    copy,
    'product, 8 runs': () => throughProduct(8, 15_000),
    'product, 1 run': () => throughProduct(1, 60_000),
    'line at a time, 1 run': async () => ({ linesPerSecond: await lineAtATime.measure(1, 400, lineOf) }),
    'line at a time, 8 runs': async () => ({ linesPerSecond: await lineAtATime.measure(8, 150, lineOf) }),
  } satisfies Record<string, () => Promise<Sample>>;
  type Case = keyof typeof cases;

  await throughProduct(8, 5_000);
  await copy();
  await lineAtATime.measure(1, 100, lineOf);
  const samples = await interleaved(Object.keys(cases) as Case[], async (name) => {
    await database.query('truncate agent_run_logs, line_at_a_time.lines, line_at_a_time.events');
    await database.query('checkpoint');
    return cases[name]();
  });
  const values = (name: Case, field: string): number[] => samples[name].map((sample) => sample[field] ?? Number.NaN);
  const against = (name: Case, base: Case): number[] => ratios(samples[name], samples[base], 'linesPerSecond');
  report('durable log ingest through the whole product', [
    { name: 'share of raw COPY, 8 runs', values: against('product, 8 runs', 'copy'), unit: '', gate: { atLeast: 0.2 } },
    {
      name: '× the design to beat, 8 runs',
      values: against('product, 8 runs', 'line at a time, 1 run'),
      unit: '×',
      gate: { atLeast: 100 },
    },
    {
      name: '× the design to beat with 8 runs as well',
      values: against('product, 8 runs', 'line at a time, 8 runs'),
      unit: '×',
    },
    { name: 'share of raw COPY, 1 run', values: against('product, 1 run', 'copy'), unit: '' },
    { name: '× the design to beat, 1 run', values: against('product, 1 run', 'line at a time, 1 run'), unit: '×' },
    ...(Object.keys(cases) as Case[]).map((name) => ({
      name: `lines a second: ${name}`,
      values: values(name, 'linesPerSecond'),
      unit: 'lines/s',
    })),
    ...(['product, 8 runs', 'product, 1 run'] as const).flatMap((name) => [
      { name: `processor of all product processes: ${name}`, values: values(name, 'productCpu'), unit: 'µs a line' },
      { name: `processor of the api: ${name}`, values: values(name, 'apiCpu'), unit: 'µs a line' },
      { name: `processor of PostgreSQL and Redis: ${name}`, values: values(name, 'postgresCpu'), unit: 'µs a line' },
      { name: `lines a batch at the viewer: ${name}`, values: values(name, 'linesABatch'), unit: 'lines' },
    ]),
  ]);
} finally {
  await lineAtATime.stop();
  await database.end();
  await product.stop();
}
