// Prints what it is told to, as an agent would: { lines, times, stderr, files, pauseMs, exitCode }.
import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const {
  lines = [],
  times = 1,
  stderr = '',
  files = {},
  pauseMs = 0,
  exitCode = 0,
} = JSON.parse(process.argv[2] ?? '{}');
process.stderr.write(stderr);
for (const [path, text] of Object.entries(files)) writeFileSync(path, text);
for (const line of lines) {
  process.stdout.write(`${typeof line === 'string' ? line : JSON.stringify(line)}\n`.repeat(times));
  await sleep(pauseMs);
}
process.exitCode = exitCode;
