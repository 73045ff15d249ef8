import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, closeSync, mkdirSync, openSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { temporaryFolder } from '../testing/programs.ts';
import { resolveCommand } from './executables.ts';
import { findProgram, foldersOfPath } from './programs-on-path.ts';
import { Sandbox } from './sandbox.ts';

let folder: string;
const at = (path: string): string => join(folder, path);
beforeEach(() => {
  folder = realpathSync(temporaryFolder());
  for (const name of ['a', 'b', 'c']) mkdirSync(at(name));
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(path: string, mode = 0o755): void {
  writeFileSync(at(path), '#!/bin/sh\necho bubblewrap 0.3.0\n');
  chmodSync(at(path), mode);
}
const find = (): string | null =>
  findProgram('bwrap', foldersOfPath(`:.:a:${at('a')}:${at('b')}:${at('b')}:${at('c')}:`));

test('the first program of the name is found, through links', () => {
  expect(find()).toBeNull();
  write('c/bwrap');
  expect(find()).toBe(at('c/bwrap'));
  symlinkSync(at('c/bwrap'), at('b/bwrap'));
  expect(find()).toBe(at('b/bwrap'));
});

test.each<[string, () => void]>([
  ['a folder', () => mkdirSync(at('a/bwrap'))],
  ['a file that is not executable', () => write('a/bwrap', 0o644)],
  ['a link to nothing', () => symlinkSync(at('nothing'), at('a/bwrap'))],
  ['a link to itself', () => symlinkSync('bwrap', at('a/bwrap'))],
  [
    'no folder at all',
    () => {
      rmSync(at('a'), { recursive: true });
      write('a');
    },
  ],
])('what bears the name and is none is passed over: %s', async (_what, make) => {
  make();
  expect(find()).toBeNull();
  write('b/bwrap');
  expect(find()).toBe(at('b/bwrap'));
  expect((await Sandbox.open({ file: null, searchPath: `${at('a')}:${at('b')}` })).whyNot('auto')).toContain(
    'bubblewrap 0.3 is too old',
  );
});

describe.runIf(process.platform === 'linux')(
  'a folder that can not be looked into, as a network disk that hangs',
  () => {
    let file: number;
    let broken: string;
    // Of a process that has gone: whatever is asked of its folder is answered with ESRCH, which is neither yes nor no.
    beforeEach(async () => {
      const child = spawn('sleep', ['60']);
      await once(child, 'spawn');
      file = openSync(`/proc/${child.pid}`, 'r');
      child.kill('SIGKILL');
      await once(child, 'close');
      broken = `/proc/self/fd/${file}`;
    });
    afterEach(() => closeSync(file));

    const search = (
      executables: Record<string, { path?: string; args: string[] }>,
      searchPath: string,
    ): Parameters<typeof resolveCommand>[1] => ({
      policy: { roots: [], executables },
      searchPath,
      runnerFolder: at('runner'),
      runnerName: 'test-runner',
    });

    test('keeps no program of another folder from being found', () => {
      write('b/bwrap');
      expect(findProgram('bwrap', [broken, at('a'), at('b')])).toBe(at('b/bwrap'));
    });

    test('is not said to be empty', () => {
      expect(() => findProgram('bwrap', [at('a'), broken, at('b')])).toThrow('ESRCH');
    });

    test('does not end a task as if its program were not installed', () => {
      const agent = { agent: { path: join(broken, 'agent'), args: [] } };
      expect(() => resolveCommand(['agent'], search(agent, ''))).toThrow(
        expect.objectContaining({
          reason: 'internal',
          message: expect.stringContaining('could not be found out (ESRCH'),
        }),
      );
    });

    test('is what the sandbox is said to miss', async () => {
      expect((await Sandbox.open({ file: null, searchPath: `${broken}:${at('a')}` })).whyNot('auto')).toContain(
        'could not be found out (ESRCH',
      );
    });

    test('whose name is too long is passed over', () => {
      write('b/agent');
      const agent = { agent: { args: [] } };
      expect(resolveCommand(['agent'], search(agent, `/${'x'.repeat(300)}:${at('b')}`)).file).toBe(at('b/agent'));
      expect(() => resolveCommand(['agent'], search(agent, `/${'x'.repeat(300)}:${at('a')}`))).toThrow(
        expect.objectContaining({ reason: 'command_missing' }),
      );
    });
  },
);

test('each absolute folder counts once, in its order', () => {
  expect(foldersOfPath('')).toEqual([]);
  expect(foldersOfPath(':/b:.:bin:/a:/b:')).toEqual(['/b', '/a']);
});
