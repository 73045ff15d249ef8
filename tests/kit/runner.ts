import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** Vitest has no import.meta.resolve. */
const TSX = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
const root = fileURLToPath(new URL('../..', import.meta.url));
const source = (file: string): string => path.join(root, file);

export interface TestRunner {
  folder: string;
  process: ChildProcess;
  /** Everything it has printed, for failures. */
  output(): string;
  stop(signal?: NodeJS.Signals): Promise<void>;
}

/** Starts the real runner, from its sources, as a process of its own that knows nothing but the address and its token. */
export async function startTestRunner(options: { url: string; token: string; roots: string[]; capacity?: number; executables?: Record<string, { path?: string; args?: string[] }> }): Promise<TestRunner> {
  const folder = await mkdtemp(path.join(tmpdir(), 'overmind-runner-'));
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, 'runner.json'), JSON.stringify({ token: options.token }), { mode: 0o600 });
  const executables = {
    node: {}, git: {},
    'demo-agent': { path: process.execPath, args: ['--import', TSX, source('runner/demo-agent/main.ts')] },
    ...options.executables,
  };
  await writeFile(path.join(folder, 'policy.json'), JSON.stringify({ roots: options.roots, executables, capacity: options.capacity ?? 4 }), { mode: 0o600 });
  const child = spawn(process.execPath, ['--import', TSX, source('runner/main.ts'), '--allow-root'], {
    env: { PATH: process.env['PATH'], HOME: folder, OVERMIND_URL: options.url, OVERMIND_RUNNER_DIR: folder, OVERMIND_RUNNER_ON_STOP: 'end' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`The runner was not ready in 30 s:\n${output}`)), 30_000);
    child.stdout.on('data', () => {
      if (!output.includes('"msg":"ready"')) return;
      clearTimeout(timer);
      resolve();
    });
    child.once('exit', (code) => reject(new Error(`The runner ended with ${code}:\n${output}`)));
  });
  return {
    folder,
    process: child,
    output: () => output,
    async stop(signal = 'SIGTERM') {
      if (child.exitCode === null && child.signalCode === null) {
        const exited = new Promise((resolve) => child.once('exit', resolve));
        child.kill(signal);
        await exited;
      }
      await rm(folder, { recursive: true, force: true });
    },
  };
}
