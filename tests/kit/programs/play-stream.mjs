// Prints what it is told to, as an agent would: { lines, stderr, files, pauseMs, exitCode }.
import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const { lines = [], stderr = '', files = {}, pauseMs = 0, exitCode = 0 } = JSON.parse(process.argv[2] ?? '{}');
process.stderr.write(stderr);
for (const [path, text] of Object.entries(files)) writeFileSync(path, text);
for (const line of lines) {
  process.stdout.write(`${typeof line === 'string' ? line : JSON.stringify(line)}\n`);
  await sleep(pauseMs);
}
process.exitCode = exitCode;
