import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { agentVariableNames } from '#contract/agent-programs.ts';
import { freePort, isAlive, pidsOf, readyProduct, type Product } from '#tests/kit/product.ts';
import { until } from '#tests/kit/until.ts';
import { signIn, type Ask } from './api.ts';
import { REAL_PROGRAMS, type RealProgramName } from './programs.ts';

const PASSWORD = 'a password for the agents';
const EMAIL = 'agents@example.test';
/** Of the user that the set-up makes when it is root. */
const RUNNER_USER = 'overmind-runner';
const RESTART_MS = 120_000;

/** Passes once the model has written its file. */
const TEST_PROGRAM = `import { readFileSync } from 'node:fs';
const text = readFileSync('hello.txt', 'utf8');
if (!text.startsWith('Hello')) throw new Error('hello.txt has no greeting');
console.log('the greeting is there');
`;

/** A machine on which somebody has started the product with `npm start`, and has set up the programs. */
export interface Machine {
  ask: Ask;
  /** Makes a repository in the place for them. @returns its folder */
  makeRepository(name: string): string;
  /** SIGKILL to the runner; resolves when the product has started it again. */
  killRunner(): Promise<void>;
  /** Processes of the installed programs. */
  programPids(): number[];
  stop(): Promise<void>;
}

interface MachineOptions {
  /** Thrown away by whoever has made it. */
  folder: string;
  /** Commands of the programs. */
  binDirectory: string;
  modelUrl: string;
  programs: readonly RealProgramName[];
}

export async function startMachine({ folder, binDirectory, modelUrl, programs }: MachineOptions): Promise<Machine> {
  const isRoot = process.getuid?.() === 0;
  const dataDirectory = path.join(folder, 'data');
  const repositories = path.join(folder, 'repositories');
  // As root, agents have the home of the runner's user.
  const home = isRoot ? path.join(dataDirectory, 'runner') : path.join(folder, 'home');
  for (const one of [repositories, path.join(folder, 'home')]) mkdirSync(one, { mode: 0o755 });
  // System users go through it.
  chmodSync(folder, 0o711);
  const port = await freePort();
  const product = await readyProduct({
    dataDirectory,
    port,
    env: {
      // No key of whoever starts this reaches a program.
      ...Object.fromEntries(agentVariableNames().map((name) => [name, undefined])),
      ...Object.assign({}, ...programs.map((name) => REAL_PROGRAMS[name].environment(modelUrl))),
      HOME: path.join(folder, 'home'),
      PATH: `${binDirectory}${path.delimiter}${process.env['PATH']}`,
      OVERMIND_ADMIN_EMAIL: EMAIL,
      OVERMIND_ADMIN_PASSWORD: PASSWORD,
      OVERMIND_DEMO: '0',
      OVERMIND_REPO_ROOTS: repositories,
      OVERMIND_RUNNER_ON_STOP: 'end',
    },
  });
  const own = isRoot ? ownerOf(RUNNER_USER) : null;
  const stop = async (): Promise<void> => {
    product.child.kill('SIGTERM');
    await product.ended;
  };
  try {
    for (const name of programs) writeSettings(home, REAL_PROGRAMS[name].settings(modelUrl), own);
    return {
      ask: await signIn(`http://127.0.0.1:${port}`, EMAIL, PASSWORD),
      makeRepository(name) {
        const repository = path.join(repositories, name);
        makeRepository(repository);
        if (own) execFileSync('chown', ['-R', `${own.uid}:${own.gid}`, repository]);
        return repository;
      },
      killRunner: () => killRunner(dataDirectory, product),
      programPids: () => pidsWith(path.dirname(binDirectory)),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

interface Owner {
  uid: number;
  gid: number;
}

function ownerOf(user: string): Owner {
  const id = (flag: string): number => Number(execFileSync('id', [flag, user], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}

function writeSettings(home: string, settings: Record<string, string>, own: Owner | null): void {
  for (const [name, content] of Object.entries(settings)) {
    const parts = name.split('/');
    const made = parts.map((_part, index) => path.join(home, ...parts.slice(0, index + 1)));
    mkdirSync(path.dirname(path.join(home, name)), { recursive: true });
    writeFileSync(path.join(home, name), content);
    if (own) for (const one of made) chownSync(one, own.uid, own.gid);
  }
}

function makeRepository(folder: string): void {
  mkdirSync(folder);
  writeFileSync(
    path.join(folder, 'package.json'),
    JSON.stringify({ private: true, scripts: { test: 'node test.mjs' } }),
  );
  writeFileSync(path.join(folder, 'test.mjs'), TEST_PROGRAM);
  const git = (...args: string[]): void =>
    void execFileSync('git', ['-c', 'user.name=Owner', '-c', `user.email=${EMAIL}`, ...args], {
      cwd: folder,
      stdio: 'ignore',
    });
  git('init', '--initial-branch=main');
  git('add', '.');
  git('commit', '--message=Start');
}

async function killRunner(dataDirectory: string, product: Product): Promise<void> {
  const before = pidsOf(dataDirectory).runner;
  if (before === undefined) throw new Error(`Expected a runner, found none:\n${product.output()}`);
  process.kill(before, 'SIGKILL');
  await until(
    () => pidsOf(dataDirectory).runner,
    (pid) => pid !== undefined && pid !== before && isAlive(pid),
    RESTART_MS,
  );
}

function pidsWith(words: string): number[] {
  return execFileSync('ps', ['-eo', 'pid=,args='], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes(words) && !line.includes('bwrap'))
    .map((line) => Number.parseInt(line, 10));
}
