/** A second `npm start` on a data directory that is set up → the system is ready. The first one, with its build, is not counted. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort, startProgram } from './kit/processes.ts';
import { REPEATS, nowMs, report } from './kit/statistics.ts';

const FIRST_START_MS = 10 * 60_000;

const start = fileURLToPath(new URL('../scripts/start.mjs', import.meta.url));
const folder = mkdtempSync(path.join(tmpdir(), 'overmind-bench-'));
const env = {
  ...process.env,
  OVERMIND_VOICE: '0',
  OVERMIND_DATA_DIR: path.join(folder, 'data'),
  PORT: String(await freePort()),
  DATABASE_URL: undefined,
  REDIS_URL: undefined,
};

/** @returns milliseconds until it says that it is ready */
async function startAndStop(): Promise<number> {
  const startMs = nowMs();
  const system = await startProgram(
    'npm start',
    [start],
    env,
    (output) => output.includes('OvermindOps is ready'),
    FIRST_START_MS,
  );
  const readyMs = nowMs();
  const answer = await fetch(`http://127.0.0.1:${env.PORT}/readyz`);
  await system.stop();
  if (!answer.ok) throw new Error(`Expected a system that says it is ready to be ready, found ${answer.status}`);
  return readyMs - startMs;
}

try {
  process.stderr.write(`the first start took ${((await startAndStop()) / 1_000).toFixed(1)} s\n`);
  const seconds: number[] = [];
  for (let repeat = 0; repeat < REPEATS; repeat += 1) seconds.push((await startAndStop()) / 1_000);
  report('second npm start → ready', [{ name: 'start → ready', values: seconds, unit: 's', gate: { atMost: 10 } }]);
} finally {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
}
