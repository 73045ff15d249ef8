/**
 * The program that benchmarked runs execute: tells the benchmark when it was started, then does what it is told over
 * a local socket. Plain JavaScript, so that its start is not a compiler's.
 */
import { mkdirSync, symlinkSync, writeFileSync, writeSync } from 'node:fs';
import { connect } from 'node:net';

const nowMs = () => Number(process.hrtime.bigint()) / 1e6;
// When the kernel had loaded this process's program, before Node.js made itself ready.
const startedMs = nowMs() - performance.now();
const runningMs = nowMs();

const socket = connect(process.argv[2]);
socket.write(
  `${JSON.stringify({ runId: process.env.OVERMIND_RUN_ID, startedMs, runningMs, startedWallMs: performance.timeOrigin })}\n`,
);
socket.setEncoding('utf8');
let text = '';
socket.on('data', (chunk) => {
  text += chunk;
  if (!text.includes('\n')) return;
  const order = JSON.parse(text);
  if (order.kind === 'flood') flood(order);
  else if (order.kind === 'pace') pace(order);
  else if (order.kind === 'make') make(order);
  else if (order.kind === 'die') process.kill(process.pid, 'SIGKILL');
  else socket.end();
});

/** Writes all lines at once, as fast as they are taken. */
function flood({ lines, lineBytes }) {
  const LINES_A_WRITE = 400;
  for (let first = 0; first < lines; first += LINES_A_WRITE) {
    let chunk = '';
    for (let number = first; number < Math.min(lines, first + LINES_A_WRITE); number += 1) {
      chunk +=
        `${String(number).padStart(8, '0')} test src/module/case.spec.ts > handles input `.padEnd(
          lineBytes,
          'abcdefghij klmnop qrstuv',
        ) + '\n';
    }
    write(chunk);
  }
  socket.end();
}

/** Makes files and links in the folder it works in. */
function make({ files, links }) {
  mkdirSync('made', { recursive: true });
  for (let number = 0; number < files; number += 1) writeFileSync(`made/file-${number}.txt`, `file ${number}\n`);
  for (let number = 0; number < links; number += 1) symlinkSync(`target-${number}`, `made/link-${number}`);
  socket.end();
}

/** Writes lines at a steady rate, each with the moment at which it is written. */
function pace({ rate, seconds }) {
  const total = rate * seconds;
  const startMs = nowMs();
  let number = 0;
  const tick = () => {
    const dueCount = Math.min(total, Math.floor(((nowMs() - startMs) * rate) / 1000) + 1);
    for (; number < dueCount; number += 1)
      write(`${nowMs().toFixed(3)} ${number} ${'a line as programs print it, of the usual length '.padEnd(90, '.')}\n`);
    if (number < total) setTimeout(tick, Math.max(0, startMs + (number * 1000) / rate - nowMs()));
    else socket.end();
  };
  tick();
}

function write(chunk) {
  const bytes = Buffer.from(chunk);
  for (let at = 0; at < bytes.length;) at += writeSync(1, bytes, at);
}
