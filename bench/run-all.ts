/** Runs every benchmark, one after another: they would disturb each other. Exits non-zero when a gate is missed or one fails. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const BENCHMARKS = [
  'create-task-to-event',
  'message-to-process',
  'claim-to-process',
  'end-of-run',
  'take-in',
  'log-latency',
  'log-ingest',
  'live-questions',
  'second-start',
];

const failed: string[] = [];
for (const name of BENCHMARKS) {
  const child = spawn(process.execPath, ['--import', 'tsx', fileURLToPath(new URL(`${name}.ts`, import.meta.url))], {
    stdio: 'inherit',
  });
  const code = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
  if (code !== 0) failed.push(name);
}
console.log(failed.length === 0 ? '\nEvery gate is met.' : `\nNot met, or failed: ${failed.join(', ')}`);
process.exitCode = failed.length === 0 ? 0 : 1;
