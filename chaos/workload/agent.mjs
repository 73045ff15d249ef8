/**
 * The program of the agents. It tells everything it is about to write, and what it has written, to the journal of
 * the test, over a socket of its own: what the product must have kept is known from there and not from the product.
 * Lies in the repository it works in, so that it is found in whatever folder, sandbox or machine it is started.
 */
import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const { description, attempt, runId, taskId } = JSON.parse(readFileSync(process.env.OVERMIND_TASK_FILE, 'utf8'));
const { journalPort, name, plan } = JSON.parse(description);
const nowMs = () => Number(process.hrtime.bigint()) / 1e6;
const sha = (bytes) => createHash('sha256').update(bytes).digest('hex');

const journal = connect(journalPort, '127.0.0.1');
await new Promise((resolve, reject) => journal.once('connect', resolve).once('error', reject));
/** Resolves when the kernel has it: then no signal takes it back. */
const note = (entry) =>
  new Promise((resolve, reject) =>
    journal.write(`${JSON.stringify({ ...entry, atMs: nowMs() })}\n`, (error) => (error ? reject(error) : resolve())),
  );

await note({ type: 'hello', runId, taskId, attempt, name, pid: process.pid });
let isTold = false;
let written = 0;
process.on('SIGTERM', () => {
  if (plan.onTerm === 'ignore') return;
  if (plan.onTerm === 'obey') return process.exit(143);
  isTold = true;
});
if (plan.leavesDaemon) leaveDaemon();

for (let pass = 0; written < plan.lines && !isTold; pass += 1) {
  const count = Math.min(plan.linesAWrite, plan.lines - written);
  await print(
    plan.stderrEvery > 0 && pass % plan.stderrEvery === plan.stderrEvery - 1 ? 'stderr' : 'stdout',
    Array.from({ length: count }, (_, i) => lineOf(written + i)),
  );
  written += count;
  await sleep(plan.everyMs);
}
if (isTold) {
  for (let step = 0; step < 3; step += 1) await print('stdout', [`${name}/${attempt} cleaning up, step ${step}`]);
  await end(5);
}
if (attempt <= plan.failures) await end(3);
await work();
await print('stdout', [`${name}/${attempt} is finished`]);
await end(0);

function lineOf(number) {
  const start = `${name}/${attempt} ${number} `;
  if (plan.longEvery > 0 && number % plan.longEvery === plan.longEvery - 1)
    return start + 'ö long line '.repeat(2_500 + (number % 7) * 100);
  return start + 'a line as programs print it — ünïcödé 😀 '.repeat(number % 3);
}

async function print(stream, lines) {
  await note({
    type: 'intends',
    stream,
    lines: lines.map((line) => ({ sha: sha(line), bytes: Buffer.byteLength(line) })),
  });
  const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
  try {
    for (let at = 0; at < bytes.length;) at += writeSync(stream === 'stdout' ? 1 : 2, bytes, at);
  } catch (error) {
    // What of it came to be written is not known, and nothing more will be.
    await fail(error.code);
  }
  await note({ type: 'wrote', stream });
}

async function work() {
  for (let number = 0; number < plan.files; number += 1) {
    const path = `work/${name}/${number}.txt`;
    const text = `${name} attempt ${attempt} file ${number}\n`.repeat(20 + number);
    try {
      mkdirSync(`work/${name}`, { recursive: true });
      writeFileSync(path, text);
    } catch (error) {
      await fail(error.code);
    }
    await note({ type: 'file', path, sha: sha(text) });
    if (plan.commits) {
      await git('add', path);
      await git('commit', '--quiet', '--no-verify', `--message=${name}: file ${number}`);
    }
  }
}

/** A Git that is ended by a signal has heard what the whole group was told: this program hears it too, and says no more. */
async function git(...args) {
  try {
    execFileSync('git', args, { stdio: 'ignore' });
  } catch (error) {
    if (error.signal) process.exit(143);
    await fail(`git ${args[0]}: ${error.code ?? error.status}`);
  }
}

/** A full disk: the program says that it ends for it. */
async function fail(code) {
  await note({ type: 'failed', code });
  await end(4);
}

/** A process that nothing of the run can be told from: a session of its own, an empty environment. */
function leaveDaemon() {
  spawn('/bin/sleep', [`86400.${journalPort}`], { detached: true, stdio: 'ignore', env: {}, cwd: '/' }).unref();
}

async function end(code) {
  await note({ type: 'exits', code });
  process.exit(code);
}
