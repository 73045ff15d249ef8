import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { until } from '#tests/kit/until.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const TSX = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
const children: ChildProcess[] = [];

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

// A supervisor that was killed reads no more, and its programs say something on their way out.
test.for(['core', 'runner'])(
  'a program with the logger of %s leaves at once although nobody reads its log any more',
  async (room) => {
    const args = ['--import', TSX, 'tests/kit/processes/log-and-leave.ts', room];
    const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
    children.push(child);
    let output = '';
    child.stdout.on('data', (bytes: Buffer) => (output += bytes.toString()));
    await until(
      () => output,
      (text) => text.includes('"msg":"ready"'),
      20_000,
    );
    child.stdout.destroy();
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    const late = new Promise((resolve) => setTimeout(resolve, 2_000, ['still there after 2 s']).unref());
    expect(await Promise.race([exited, late])).toEqual([0, null]);
  },
);
