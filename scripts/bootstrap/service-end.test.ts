import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

const MODULE = new URL('./service-end.mjs', import.meta.url).href;
const { serviceEnd } = (await import(MODULE)) as {
  serviceEnd(services: object, stopping: AbortSignal): Promise<never>;
};

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'service-end-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function redis(exited: Promise<string>): object {
  const logFile = path.join(folder, 'redis.log');
  writeFileSync(logFile, 'first\nout of memory\n');
  return { own: { Redis: { exited, logFile } } };
}

test('a service that ends ends the tests that wait, with its name and its last words', async () => {
  const end = serviceEnd(redis(Promise.resolve('SIGKILL')), new AbortController().signal);
  await expect(Promise.race([new Promise(() => undefined), end])).rejects.toMatchObject({
    message: 'Redis ended while the tests ran (SIGKILL).',
    logTail: expect.arrayContaining(['out of memory']),
  });
});

test('while everything is stopped it has no last words, and while none ends nothing happens', async () => {
  const stopping = AbortSignal.abort();
  await expect(serviceEnd(redis(Promise.resolve('SIGTERM')), stopping)).rejects.toMatchObject({ logTail: [] });
  const end = serviceEnd(redis(new Promise(() => undefined)), stopping);
  await expect(Promise.race([end, Promise.resolve('passed')])).resolves.toBe('passed');
});

// Node.js ends a program for a rejection that nobody has looked at.
test.each([
  ['nobody waits', ''],
  ['somebody has waited, and does not any more', 'await Promise.race([end, Promise.resolve()]);'],
])('a service that ends when %s ends nothing', (_when, waiting) => {
  const script = `
    import { serviceEnd } from ${JSON.stringify(MODULE)};
    let tell;
    const exited = new Promise((resolve) => (tell = resolve));
    const services = { own: { Redis: { exited, logFile: ${JSON.stringify(path.join(folder, 'none.log'))} } } };
    const end = serviceEnd(services, AbortSignal.abort());
    ${waiting}
    tell('SIGTERM');
    setTimeout(() => console.log('went on'), 50);`;
  const { stdout, status } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
    encoding: 'utf8',
  });
  expect({ stdout, status }).toEqual({ stdout: 'went on\n', status: 0 });
});
