import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

const MODULE = new URL('./processes.mjs', import.meta.url).href;
const { identify } = (await import(MODULE)) as { identify(pid: number): object | undefined };

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'processes-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A process that starts `touch` and does something while that is put on record. */
async function startTouch(file: string, meanwhile: string): Promise<{ pid: number; how: unknown }> {
  const script = `
    import { writeSync } from 'node:fs';
    import { spawnOnRecord } from ${JSON.stringify(MODULE)};
    spawnOnRecord('touch', [${JSON.stringify(file)}], { stdio: ['ignore', 'ignore', 'ignore'] }, (pid) => {
      writeSync(1, String(pid));
      ${meanwhile}
    });`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let pid = '';
  child.stdout.on('data', (bytes: Buffer) => (pid += bytes.toString()));
  const [code, signal] = (await once(child, 'close')) as unknown[];
  return { pid: Number(pid), how: signal ?? code };
}

test('a program begins when it is on record', async () => {
  const file = path.join(folder, 'it ran');
  await expect(startTouch(file, '')).resolves.toMatchObject({ how: 0 });
  await vi.waitUntil(() => existsSync(file), { timeout: 10_000 });
});

test('a program does not begin when we are killed before it is on record', async () => {
  const file = path.join(folder, 'it ran');
  const { pid, how } = await startTouch(file, `process.kill(process.pid, 'SIGKILL');`);
  expect(how).toBe('SIGKILL');
  expect(pid).toBeGreaterThan(0);
  await vi.waitUntil(() => identify(pid) === undefined, { timeout: 10_000 });
  expect(existsSync(file)).toBe(false);
});
