// print-until.mjs FILE PAUSE_MS: numbered lines, every tenth to stderr as well, until the file is there; then how many they were.
import { existsSync } from 'node:fs';

const [file = '', pauseMs = '2'] = process.argv.slice(2);
let n = 0;
for (; !existsSync(file); n += 1) {
  process.stdout.write(`line ${n}\n`);
  if (n % 10 === 0) process.stderr.write(`tenth ${n}\n`);
  await new Promise((resolve) => setTimeout(resolve, Number(pauseMs)));
}
console.log(`printed ${n}`);
