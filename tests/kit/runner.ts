import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** Vitest has no import.meta.resolve. */
const TSX = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
const root = fileURLToPath(new URL('../..', import.meta.url));
const source = (file: string): string => path.join(root, file);
const READY_TIMEOUT_MS = 30_000;

export interface TestRunner {
  folder: string;
  /** Everything it has printed, for failures. */
  output(): string;
  /** Starts it again on the same folder, once it was killed. */
  start(): Promise<void>;
  /** Stops it where it is, or lets it go on. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void;
  /** Ends the process without a chance to do anything; its folder, and what it has started, stay. */
  kill(): Promise<void>;
  /** Ends it in order, and removes its folder. */
  stop(): Promise<void>;
}

export interface TestRunnerOptions {
  url: string;
  token: string;
  roots: string[];
  capacity?: number;
  /** Shown to sandboxed runs besides their repository. */
  readablePaths?: string[];
  executables?: Record<string, { path?: string; args?: string[] }>;
  /** Looked in first for the runner's own programs: a Git of the test's. */
  programsFolder?: string;
  /** When folders of tasks that are over go. */
  workFolders?: { graceMs: number };
}

/** The fake agent programs of the kit, as a command of an agent. */
export function program(name: string, ...args: string[]): string[] {
  return ['node', source(`tests/kit/programs/${name}.mjs`), ...args];
}

/** Starts the real runner, from its sources, as a process of its own that knows nothing but the address and its token. */
export async function startTestRunner(options: TestRunnerOptions): Promise<TestRunner> {
  const folder = await mkdtemp(path.join(tmpdir(), 'overmind-runner-'));
  await writeFile(path.join(folder, 'runner.json'), JSON.stringify({ token: options.token }), { mode: 0o600 });
  const executables = {
    node: { path: process.execPath },
    git: {},
    'demo-agent': { path: process.execPath, args: ['--import', TSX, source('runner/demo-agent/main.ts')] },
    ...options.executables,
  };
  await writeFile(
    path.join(folder, 'policy.json'),
    JSON.stringify({
      // The fake agents and the demo agent, which run from their sources here, are shown to sandboxed runs.
      roots: options.roots,
      executables,
      capacity: options.capacity ?? 4,
      sandbox: { readablePaths: [source(''), ...(options.readablePaths ?? [])] },
      ...(options.workFolders ? { workFolders: options.workFolders } : {}),
    }),
    { mode: 0o600 },
  );
  let output = '';
  let child: ChildProcess | null = null;
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    const running = child;
    child = null;
    if (!running || running.exitCode !== null || running.signalCode !== null) return;
    const exited = new Promise((resolve) => running.once('exit', resolve));
    running.kill(signal);
    await exited;
  };
  const runner: TestRunner = {
    folder,
    output: () => output,
    async start() {
      let own = '';
      const started = spawn(process.execPath, ['--import', TSX, source('runner/main.ts'), '--allow-root'], {
        env: {
          PATH: [...(options.programsFolder ? [options.programsFolder] : []), process.env['PATH']].join(path.delimiter),
          HOME: folder,
          OVERMIND_URL: options.url,
          OVERMIND_RUNNER_DIR: folder,
          OVERMIND_RUNNER_ON_STOP: 'end',
          OVERMIND_BWRAP: process.env['OVERMIND_BWRAP'],
        },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      child = started;
      await new Promise<void>((resolve, reject) => {
        const timer = setTimeout(
          () => reject(new Error(`The runner was not ready in ${READY_TIMEOUT_MS / 1_000} s:\n${output}`)),
          READY_TIMEOUT_MS,
        );
        const hear = (chunk: Buffer): void => {
          output += chunk.toString();
          own += chunk.toString();
          if (!own.includes('"msg":"ready"')) return;
          clearTimeout(timer);
          resolve();
        };
        started.stdout.on('data', hear);
        started.stderr.on('data', hear);
        started.once('exit', (code) => {
          clearTimeout(timer);
          reject(new Error(`The runner ended with ${code}:\n${output}`));
        });
      });
    },
    signal: (signal) => void child?.kill(signal),
    kill: () => end('SIGKILL'),
    async stop() {
      await end('SIGTERM');
      await rm(folder, { recursive: true, force: true });
    },
  };
  await runner.start();
  return runner;
}
