// print-lines.mjs COUNT [PAUSE_MS]: numbered lines to stdout, every tenth to stderr as well.
const [count = '10', pauseMs = '0'] = process.argv.slice(2);
for (let n = 0; n < Number(count); n += 1) {
  process.stdout.write(`line ${n}\n`);
  if (n % 10 === 0) process.stderr.write(`tenth ${n}\n`);
  if (Number(pauseMs) > 0) await new Promise((resolve) => setTimeout(resolve, Number(pauseMs)));
}
