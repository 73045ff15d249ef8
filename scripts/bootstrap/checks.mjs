import { readdirSync } from 'node:fs';
import path from 'node:path';
import { buildPrograms } from './built-programs.mjs';
import { readText } from './files.mjs';
import { generate } from './generated-files.mjs';
import { runToEnd } from './processes.mjs';
import { StartFailure } from './start-failure.mjs';
import { findQuickTests } from './test-suites.mjs';

// What is generated and committed all the same, because people and other programs read it.
const COMMITTED = ['schema.graphql', 'contract/json-schema'];

const TSC = 'node_modules/typescript/bin/tsc';
const KNIP = ['node_modules/knip/bin/knip.js', '--no-progress', '--no-config-hints'];
const PRETTIER = ['node_modules/prettier/bin/prettier.cjs', '--check', '--log-level', 'warn', '.'];
const ESLINT = ['node_modules/eslint/bin/eslint.js', '.', '--max-warnings=0'];
/** A type that changed can make a rule break in a file that did not: that, `npm test` finds. */
const CACHED = ['--cache', '--cache-strategy', 'content', '--cache-location'];

/** @typedef {{ rootDir: string, progress: import('./progress.mjs').Progress, tally: import('./tally.mjs').Tally }} ChecksOptions */

/**
 * Generated files, lint, types and build; each counts as one test.
 * @param {ChecksOptions} options
 */
export async function runChecks(options) {
  const { check, program } = checksOf(options);
  await check('generated files', () => requireGenerated(options, { isForced: true }));
  // Two at a time: each fills about one core.
  await Promise.all([
    (async () => {
      await program('typecheck', [TSC, '-p', '.']);
      await program('unused code', KNIP);
    })(),
    (async () => {
      await program('typecheck web', [TSC, '-p', 'web']);
      await program('format', PRETTIER);
      await program('lint', ESLINT);
    })(),
  ]);
  await check('build', () => buildPrograms(options));
}

/**
 * The same without the build, looking only at what has changed, and the tests that take no time.
 * @param {ChecksOptions} options
 */
export async function runQuickChecks(options) {
  const { check, program } = checksOf(options);
  await check('generated files', () => requireGenerated(options, { isForced: false }));
  await Promise.all([
    (async () => {
      await program('typecheck', [TSC, '-p', '.']);
      await program('typecheck web', [TSC, '-p', 'web']);
      await program('lint', [...ESLINT, ...CACHED, '.cache/eslint']);
    })(),
    (async () => {
      await program('format', [...PRETTIER, ...CACHED, '.cache/prettier']);
      await program('unused code', KNIP);
      await program('quick tests', ['node_modules/vitest/vitest.mjs', 'run', ...findQuickTests(options.rootDir)]);
    })(),
  ]);
}

/** @param {ChecksOptions} options */
function checksOf({ rootDir, progress, tally }) {
  return { check, program };

  /**
   * @param {string} name
   * @param {string[]} args
   */
  function program(name, args) {
    return check(name, () =>
      progress.step(name, async () => {
        const result = await runToEnd(process.execPath, args, { cwd: rootDir });
        if (result.code !== 0)
          throw new StartFailure(`${name} failed.`, {
            logTail: `${result.stdout}\n${result.stderr}`.trimEnd().split('\n'),
          });
      }),
    );
  }

  /**
   * @param {string} name
   * @param {() => Promise<unknown>} work
   */
  async function check(name, work) {
    try {
      await work();
      tally.add(name, { passed: 1, failed: 0, skipped: 0 });
    } catch (error) {
      if (!(error instanceof StartFailure)) throw error;
      tally.add(name, { passed: 0, failed: 1, skipped: 0 });
      progress.note(`✗ ${error.message}`);
      for (const line of error.logTail) progress.note(`    ${line}`);
    }
  }
}

/**
 * @param {ChecksOptions} options
 * @param {{ isForced: boolean }} how
 * @throws {StartFailure} when what is committed is not what is generated
 */
async function requireGenerated({ rootDir, progress }, { isForced }) {
  const before = committedTexts(rootDir);
  await generate({ rootDir, progress, isForced });
  const after = committedTexts(rootDir);
  const stale = [...new Set([...before.keys(), ...after.keys()])].filter(
    (file) => before.get(file) !== after.get(file),
  );
  if (stale.length > 0)
    throw new StartFailure(
      `${stale.join(', ')} ${stale.length > 1 ? 'were' : 'was'} not up to date (now rewritten): commit what "npm run generate" makes.`,
    );
}

/**
 * @param {string} rootDir
 * @returns {Map<string, string | undefined>} by path
 */
function committedTexts(rootDir) {
  /** @type {Map<string, string | undefined>} */
  const texts = new Map();
  for (const name of COMMITTED) {
    const isFile = path.extname(name) !== '';
    const files = isFile ? [name] : readdirSync(path.join(rootDir, name)).map((file) => `${name}/${file}`);
    for (const file of files) texts.set(file, readText(path.join(rootDir, file)));
  }
  return texts;
}
