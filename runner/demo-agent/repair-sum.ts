import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readDemoEnvironment } from './env.ts';
import { paint, type Screen } from './screen.ts';
import type { DemoTask } from './task.ts';

const FILE = 'src/sum.js';
const BUG = /return a - b;/;

/**
 * Repairs the demo's bug and proves it by the repository's own tests.
 * @throws Error when the tests still fail afterwards
 */
export async function repairSum(task: DemoTask, folder: string, screen: Screen): Promise<string> {
  const path = join(folder, FILE);
  if (!existsSync(path)) throw new Error(`There is no ${FILE} in this repository.`);
  await screen.step('Running the tests');
  const failures = await runTests(folder, screen);
  await screen.detail(failures === 0 ? paint('green', 'all pass') : paint('red', `${failures} failing`));

  await screen.step(`Reading ${FILE}`);
  const before = readFileSync(path, 'utf8');
  const hasBug = BUG.test(before);
  let after = before.replace(BUG, 'return a + b;');
  if (hasBug) {
    await screen.warn('sum() subtracts: it should add');
    await screen.detail(paint('red', '-   return a - b;'));
    await screen.detail(paint('green', '+   return a + b;'));
  }
  if (task.feedback !== null) {
    await screen.step('Reading the feedback');
    for (const line of task.feedback.trim().split('\n')) await screen.detail(paint('yellow', line));
    after = after.replace(/^export function sum/m, `${comment(task.feedback)}export function sum`);
  }
  if (after === before) return `${FILE} adds already; nothing to repair.`;

  await screen.step(`Editing ${FILE}`);
  writeFileSync(path, after);
  await screen.step('Running the tests again');
  const left = await runTests(folder, screen);
  if (left > 0) throw new Error(`${left} tests still fail.`);
  await screen.detail(paint('green', 'all tests pass'));
  return hasBug
    ? `Repaired ${FILE}: it subtracted where it should add. All tests pass.`
    : `Worked the feedback into ${FILE}. All tests pass.`;
}

function comment(feedback: string): string {
  return feedback
    .trim()
    .split('\n')
    .map((line) => `// Review: ${line.trim()}\n`)
    .join('');
}

/** @returns the number of failing tests */
async function runTests(folder: string, screen: Screen): Promise<number> {
  // Set inside a test run, it would make `node --test` report to that one instead.
  const env = Object.fromEntries(
    Object.entries(readDemoEnvironment().all).filter(([name]) => name !== 'NODE_TEST_CONTEXT'),
  );
  const child = spawn(process.execPath, ['--test', '--test-reporter=tap'], {
    cwd: folder,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  for (const [, isNot, name = ''] of output.matchAll(/^ *(not )?ok \d+ - (.*)$/gm)) {
    if (!/\.m?js$/.test(name))
      await screen.detail(isNot ? `${paint('red', 'not ok')} ${name}` : `${paint('green', 'ok')} ${name}`);
  }
  const failed = /^# fail (\d+)$/m.exec(output)?.[1];
  if (failed === undefined) throw new Error('The tests could not be run.');
  return Number(failed);
}
