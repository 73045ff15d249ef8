/**
 * A batch of log lines is published → everybody who follows the run has it. The batches are published over Redis, as
 * another api process does, so that only the fan-out is measured; the limit is a process that writes prebuilt frames.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Redis } from 'ioredis';
import { MAX_SOCKETS_AN_ACCOUNT } from '#core/config/limits.ts';
import { runLogChannel } from '#core/runs/append-logs.ts';
import { newId } from '#core/platform/ids.ts';
import { openViewers, signInViewers } from './fan-out/viewers.ts';
import { cpuSecondsOf } from './kit/processes.ts';
import { addAgent, createTask, startProduct } from './kit/product.ts';
import { interleaved, nowMs, quantile, ratios, report } from './kit/statistics.ts';
import type { Sample } from './kit/statistics.ts';

const VIEWERS = Number(process.env['VIEWERS'] ?? 1_000);
/** So many that the processor's time, which is counted in hundredths of a second, can be told. */
const DELIVERIES = 60_000;
const IN_FLIGHT = 8;
const PACED_BATCHES = 40;
const PACE_MS = 50;
const LINES = Array.from({ length: 9 }, () => 'a line as programs print it '.repeat(4));
const SUBSCRIBE =
  'subscription ($runId: ID!) { runLog(runId: $runId, afterSeq: 1000000) { firstSeq streams messages createdAt } }';

interface Server {
  url: string;
  pid: number;
  subscribe: string | null;
  /** Sends the next batch to everybody who follows. */
  publish(): void;
  stop(): void;
}

/** A run that says nothing, whose log grows by what is published here. */
let nextSeq = 0;
const batch = (): { firstSeq: number; streams: string; messages: string[]; createdAt: string } => {
  const firstSeq = nextSeq;
  nextSeq += 10;
  return { firstSeq, streams: '1'.repeat(10), messages: [`t${nowMs()} `, ...LINES], createdAt: '2026-01-01T00:00:00Z' };
};

const product = await startProduct();
try {
  const tokens = await signInViewers(product, Math.ceil(VIEWERS / MAX_SOCKETS_AN_ACCOUNT));
  await createTask(product, await addAgent(product, 'silent', {}));
  const agent = await product.agents.next();
  const runs = await product.client.ask<{ lineCount: number }>('query ($id: ID!) { run(id: $id) { lineCount } }', {
    id: agent.runId,
  });
  nextSeq = runs.lineCount;
  const redis = new Redis(product.redisUrl);
  const origin = newId();

  const ours = (): Server => ({
    url: `${product.url.replace('http', 'ws')}/graphql`,
    pid: product.apiPid,
    subscribe: JSON.stringify({
      id: '1',
      type: 'subscribe',
      payload: {
        query: SUBSCRIBE.replace('1000000', String(nextSeq - 1)),
        variables: { runId: agent.runId },
      },
    }),
    publish: () =>
      void redis.publish(`overmind:${runLogChannel(agent.runId)}`, origin + JSON.stringify(batch())).catch(() => {
        throw new Error('Redis took no message');
      }),
    stop: () => undefined,
  });
  const prebuilt = async (): Promise<Server> => {
    const child = fork(new URL('./fan-out/prebuilt-server.ts', import.meta.url), { execArgv: ['--import', 'tsx'] });
    const [port] = (await once(child, 'message')) as [number];
    if (child.pid === undefined) throw new Error('The server of prebuilt frames has no process');
    return {
      url: `ws://127.0.0.1:${port}`,
      pid: child.pid,
      subscribe: null,
      publish: () => void child.send(JSON.stringify({ id: '1', type: 'next', payload: { data: { runLog: batch() } } })),
      stop: () => void child.kill(),
    };
  };

  const measure = async (server: Server, viewers: number): Promise<Sample> => {
    const before = memoryKibOf(server.pid);
    let got = 0;
    let latencies: number[] | null = null;
    const sockets = await openViewers(server.url, viewers, tokens, server.subscribe, (text) => {
      if (text.length < 200) return;
      got += 1;
      const at = text.lastIndexOf('"t') + 2;
      latencies?.push(nowMs() - Number.parseFloat(text.toString('latin1', at, at + 20)));
    });
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const memoryKib = (memoryKibOf(server.pid) - before) / viewers;
    const burst = async (count: number): Promise<void> => {
      got = 0;
      let sent = 0;
      const endMs = nowMs() + 30_000;
      while (got < count * viewers) {
        if (nowMs() > endMs) throw new Error(`Expected ${count * viewers} deliveries, found ${got}`);
        for (; sent < count && sent * viewers - got < IN_FLIGHT * viewers; sent += 1) server.publish();
        await new Promise(setImmediate);
      }
    };
    const batches = Math.min(2_000, Math.ceil(DELIVERIES / viewers));
    await burst(Math.ceil(batches / 4));
    const cpu = cpuSecondsOf([server.pid]);
    await burst(batches);
    const perCpuSecond = (batches * viewers) / (cpuSecondsOf([server.pid]) - cpu);
    latencies = [];
    for (let i = 0; i < PACED_BATCHES; i += 1) {
      server.publish();
      await new Promise((resolve) => setTimeout(resolve, PACE_MS));
    }
    await new Promise((resolve) => setTimeout(resolve, 300));
    for (const socket of sockets) socket.terminate();
    server.stop();
    await new Promise((resolve) => setTimeout(resolve, 300));
    return { perCpuSecond, memoryKib, p50: quantile(latencies, 0.5), p99: quantile(latencies, 0.99) };
  };

  const samples = await interleaved(['prebuilt', 'ours', 'oursToOne', 'oursToHundred'] as const, async (name) => {
    if (name === 'prebuilt') return measure(await prebuilt(), VIEWERS);
    return measure(ours(), name === 'ours' ? VIEWERS : name === 'oursToHundred' ? 100 : 1);
  });
  const values = (name: keyof typeof samples, field: string): number[] =>
    samples[name].map((sample) => sample[field] ?? Number.NaN);
  report(`a batch of ten lines published → ${VIEWERS} viewers of the run have it`, [
    {
      name: 'deliveries per processor second, share of a prebuilt frame',
      values: ratios(samples.ours, samples.prebuilt, 'perCpuSecond'),
      unit: 'ratio',
      gate: { atLeast: 0.85 },
    },
    { name: 'deliveries per processor second', values: values('ours', 'perCpuSecond'), unit: '1/s' },
    { name: 'deliveries per processor second, prebuilt', values: values('prebuilt', 'perCpuSecond'), unit: '1/s' },
    {
      name: 'p99 with 100 viewers, of that with one',
      values: ratios(samples.oursToHundred, samples.oursToOne, 'p99'),
      unit: 'ratio',
      gate: { atMost: 1.5 },
    },
    { name: 'p99 with one viewer', values: values('oursToOne', 'p99'), unit: 'ms' },
    { name: `p99 with ${VIEWERS} viewers`, values: values('ours', 'p99'), unit: 'ms' },
    { name: `p99 with ${VIEWERS} viewers, prebuilt`, values: values('prebuilt', 'p99'), unit: 'ms' },
    { name: 'memory a viewer', values: values('ours', 'memoryKib'), unit: 'KiB' },
    { name: 'memory a viewer, prebuilt', values: values('prebuilt', 'memoryKib'), unit: 'KiB' },
  ]);
  agent.order({ kind: 'end' });
  redis.disconnect();
} finally {
  await product.stop();
}

/** Resident memory. It also holds what was not collected yet, so it only says how much at most. */
function memoryKibOf(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
}
