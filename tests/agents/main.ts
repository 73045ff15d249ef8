/**
 * Runs the real programs of the presets through the whole product, against a model of our own: `npm run test:agents`.
 *
 *     npm run test:agents -- [--only codex,claude] [--cases ok,refusal] [--programs FOLDER]
 *
 * It installs them from the npm registry (hundreds of megabytes), into a folder that is thrown away, or into FOLDER, where
 * the next time finds them. The last line is always `N passed, N failed`.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { CASES, CASE_NAMES, type Case, type CaseName } from './cases.ts';
import { installPrograms } from './install.ts';
import { startMachine } from './machine.ts';
import { startModelServer } from './model-server/server.ts';
import { REAL_PROGRAMS, REAL_PROGRAM_NAMES, type RealProgramName } from './programs.ts';
import { openStage, type Stage } from './stage.ts';

/** Codex makes no fence around its commands where its home is below /tmp. */
const TEMPORARY = '/var/tmp/overmind-agents-';

/** The usual exit code of a program that Ctrl-C ended. */
const STOPPED = 130;

const { values } = parseArgs({
  options: { only: { type: 'string' }, cases: { type: 'string' }, programs: { type: 'string' } },
});
const programs = chosen('only', values.only, REAL_PROGRAM_NAMES);
const cases = chosen('cases', values.cases, CASE_NAMES);

interface Row {
  program: RealProgramName;
  name: CaseName;
  verdict: string;
}
const rows: Row[] = [];
const model = await startModelServer();
const closers: (() => unknown)[] = [];
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => void closeAll().then(() => process.exit(STOPPED)));
try {
  await playAll();
} finally {
  await closeAll();
}
console.log('');
for (const row of rows) console.log(lineOf(row));
const failed = rows.filter(({ verdict }) => verdict.startsWith('failed')).length;
console.log(`\n${rows.filter(({ verdict }) => verdict === 'passed').length} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

async function playAll(): Promise<void> {
  const folder = mkdtempSync(TEMPORARY);
  closers.push(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 }));
  closers.push(() => model.close());
  const binDirectory = installPrograms(path.resolve(values.programs ?? path.join(folder, 'programs')), programs);
  const machine = await startMachine({ folder, binDirectory, modelUrl: model.url, programs });
  closers.push(() => machine.stop());
  for (const program of programs) {
    const stage = await openStage(machine, model, program);
    for (const name of cases) note({ program, name, verdict: await judge(stage, name) });
  }
}

/** Whatever was started, the last first; once, also when somebody has stopped it meanwhile. */
async function closeAll(): Promise<void> {
  for (let close = closers.pop(); close !== undefined; close = closers.pop()) await close();
}

async function judge(stage: Stage, name: CaseName): Promise<string> {
  const one: Case = CASES[name];
  const why = one.impossible?.[stage.program];
  if (why !== undefined) return `not possible: ${why}`;
  const complaintsBefore = model.complaints.length;
  try {
    await one.play(stage);
    await stage.tidyUp();
    return 'passed';
  } catch (error) {
    const complaints = model.complaints.slice(complaintsBefore).map((words) => `the model server: ${words}`);
    for (const line of [...complaints, ...(await stage.lastLines())]) console.log(`  ${line}`);
    await stage.tidyUp();
    // The first line says what was expected and what was found.
    return `failed: ${(error instanceof Error ? error.message : String(error)).split('\n')[0]}`;
  }
}

function note(row: Row): void {
  rows.push(row);
  console.log(lineOf(row));
}

function lineOf({ program, name, verdict }: Row): string {
  return `${program.padEnd(10)}${REAL_PROGRAMS[program].version.padEnd(10)}${name.padEnd(15)}${verdict}`;
}

function chosen<T extends string>(option: string, text: string | undefined, all: readonly T[]): T[] {
  const names = text?.split(',') ?? all;
  const unknown = names.filter((name) => !(all as readonly string[]).includes(name));
  if (unknown.length > 0) throw new Error(`--${option} knows ${all.join(', ')}, found ${unknown.join(', ')}`);
  return all.filter((name) => names.includes(name));
}
