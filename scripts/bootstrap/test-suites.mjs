import { readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { readJson } from './files.mjs';
import { runOnTerminal } from './processes.mjs';

const ROOMS = ['contract', 'core', 'api', 'workers', 'runner', 'scripts', 'web', 'chaos', 'bench'];
const BESIDE_SOURCES = `{${ROOMS.join(',')}}/**`;
const CHAOS = 'chaos/short.test.ts';
/** Real programs on a machine that may be busy: one that fails has a second try, and is named as unsteady. */
const SECOND_TRY = '--retry=1';
/** A browser, its pages' server and the system behind them keep two processors busy. */
const ONE_BROWSER = '--maxWorkers=1';

/**
 * Which test files belong to which run of vitest.
 * @type {Record<string, { title: string, args: readonly string[] }>}
 */
export const TEST_SUITES = {
  unit: { title: 'Unit tests', args: ['--exclude', 'tests/**', '--exclude', CHAOS] },
  integration: {
    title: 'Integration tests',
    args: [SECOND_TRY, '--exclude', BESIDE_SOURCES, '--exclude', 'tests/e2e/**'],
  },
  e2e: {
    title: 'Browser tests',
    args: [SECOND_TRY, ONE_BROWSER, '--exclude', BESIDE_SOURCES, '--exclude', 'tests/integration/**'],
  },
  chaos: { title: 'Chaos: 25 schedules of faults', args: [CHAOS] },
};

/**
 * The tests beside their sources that start nothing and make no repository: one that does imports what helps it from a
 * folder `testing`.
 * @param {string} rootDir
 * @returns {string[]} paths below it
 */
export function findQuickTests(rootDir) {
  return ROOMS.flatMap((room) =>
    readdirSync(path.join(rootDir, room), { recursive: true, encoding: 'utf8' }).map((name) => path.join(room, name)),
  )
    .filter((file) => /\.test\.tsx?$/.test(file) && file !== CHAOS)
    .filter((file) => !/ from '[^']*\/testing\//.test(readFileSync(path.join(rootDir, file), 'utf8')));
}

/**
 * Runs one suite, its output on the terminal as it comes.
 * @param {{ rootDir: string, suite: string, env: NodeJS.ProcessEnv, reportFile: string, extraArgs: readonly string[] }} options
 * @returns {Promise<import('./tally.mjs').Counts>}
 */
export async function runSuite({ rootDir, suite, env, reportFile, extraArgs }) {
  const args = [
    'node_modules/vitest/vitest.mjs',
    'run',
    ...(extraArgs.length > 0 ? ['--passWithNoTests'] : []),
    ...(TEST_SUITES[suite]?.args ?? []),
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${reportFile}`,
    ...extraArgs,
  ];
  rmSync(reportFile, { force: true });
  const code = await runOnTerminal(process.execPath, args, { cwd: rootDir, env });
  return countReport(/** @type {VitestReport | undefined} */ (readJson(reportFile)), code === 0);
}

/** @typedef {{ status: string, fullName?: string, failureMessages?: string[] | null }} TestReport */
/** @typedef {{ testResults?: { status: string, name?: string, message?: string, assertionResults: TestReport[] }[] }} VitestReport */

/**
 * @param {VitestReport | undefined} report
 * @param {boolean} isSuccess by the exit code
 * @returns {import('./tally.mjs').Counts}
 */
export function countReport(report, isSuccess) {
  /** @type {Required<import('./tally.mjs').Counts>} */
  const counts = { passed: 0, failed: 0, skipped: 0, notes: [] };
  for (const file of report?.testResults ?? []) {
    for (const { status, fullName, failureMessages } of file.assertionResults) {
      if (status === 'passed') counts.passed += 1;
      else if (status === 'failed') counts.failed += 1;
      else counts.skipped += 1;
      // A test that passed and has failures needed its second try.
      const why = failureMessages?.[0]?.split('\n')[0];
      if (why !== undefined) counts.notes.push(`${status === 'failed' ? 'failed' : 'unsteady'}: ${fullName}: ${why}`);
    }
    // A file that could not even be loaded, or whose set-up failed, names no failed test.
    if (file.status === 'failed' && !file.assertionResults.some(({ status }) => status === 'failed')) {
      counts.failed += 1;
      counts.notes.push(`failed: ${file.name}: ${file.message?.split('\n')[0]}`);
    }
  }
  // Such as an error that nobody awaited: no test failed, and yet the run did.
  if (!isSuccess && counts.failed === 0) counts.failed = 1;
  return counts;
}
