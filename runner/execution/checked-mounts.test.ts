import { spawn } from 'node:child_process';
import {
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { BUBBLEWRAP, temporaryFolder, until } from '../testing/programs.ts';
import type { Exit, SandboxCommand } from './launch-order.ts';
import { launch } from './launch.ts';
import { Sandbox } from './sandbox.ts';

let folder: string;
let sandbox: Sandbox;
beforeEach(async () => {
  folder = realpathSync(temporaryFolder());
  sandbox = await Sandbox.open({ file: BUBBLEWRAP, searchPath: '' });
  for (const [path, content] of Object.entries({
    'home/.ssh/key': 'SECRET',
    'home/.ssh/cache': 'SECRET',
    'home/.tool/cache/key': 'cached',
    'home/.tool/file': 'a file',
    'work/x': 'x',
  })) {
    mkdirSync(dirname(at(path)), { recursive: true });
    writeFileSync(at(path), content);
  }
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const at = (path: string): string => join(folder, path);

/** What is shown: a folder and a file where another agent writes meanwhile. */
const planned = (): SandboxCommand =>
  sandbox.commandFor(
    {
      writable: [at('work')],
      readable: [],
      hidden: [],
      cwd: at('work'),
      home: at('home'),
      homePaths: [
        { path: '.tool/cache', access: 'read' },
        { path: '.tool/file', access: 'write' },
      ],
      writtenByAgents: [],
      network: true,
    },
    'required',
  ) ?? { file: '', args: [] };

async function run(command: SandboxCommand, script: string): Promise<Exit & { said: string }> {
  const files = [openSync('/dev/null', 'r'), openSync(at('out'), 'w'), openSync(at('err'), 'w')] as const;
  const launched = launch({
    runId: 'one',
    file: '/bin/sh',
    args: ['-c', script],
    cwd: at('work'),
    ownFolders: [at('work')],
    env: { PATH: '/usr/bin:/bin', HOME: at('home') },
    stdio: files,
    limits: { maxMemoryBytes: null, maxProcesses: null, maxCpus: null },
    cgroup: null,
    sandbox: command,
  });
  for (const file of files) closeSync(file);
  const exit = await launched.exit;
  await launched.release();
  return { ...exit, said: readFileSync(at('out'), 'utf8') + readFileSync(at('err'), 'utf8') };
}

const LOOK = 'cat ~/.tool/cache/key ~/.tool/file';

test('what is mounted is what was checked, and no descriptor of it is left in the sandbox', async () => {
  const { code, said } = await run(planned(), `${LOOK}; for fd in /proc/self/fd/*; do readlink $fd; done; :`);
  expect(code).toBe(0);
  const [shown, ...descriptors] = said.split('\n').filter(Boolean);
  expect(shown).toMatch(/^cacheda file/);
  const places = [shown?.slice('cacheda file'.length) ?? '', ...descriptors].filter((path) => path.startsWith('/'));
  expect(places.filter((path) => path !== '/dev/null' && ![at('out'), at('err')].includes(path))).toEqual([]);
});

test('what is gone is left to nobody by its name', async () => {
  const command = planned();
  rmSync(at('home/.tool/file'));
  expect((await run(command, LOOK)).failure).toMatchObject({
    kind: 'moved',
    message: `${at('home/.tool/file')} was checked, and is not there any more`,
  });
});

describe.each([
  ['as this bubblewrap mounts', {}],
  ['by name only, as older ones do', { takesDescriptors: false }],
])('%s', (_how, part) => {
  test.each([
    ['a folder', '.tool/cache', '../.ssh'],
    ['a file', '.tool/file', '../.ssh/key'],
    ['the folder around it', '.tool', '.ssh'],
  ])('%s that became a link after it was checked is mounted nowhere', async (_what, path, target) => {
    const command = { ...planned(), ...part };
    renameSync(at(`home/${path}`), at('away'));
    symlinkSync(target, at(`home/${path}`));
    const { failure, said } = await run(command, LOOK);
    expect(failure).toMatchObject({ kind: 'moved', message: expect.stringContaining('is no longer what was checked') });
    expect(said).not.toContain('SECRET');
  });
});

test(
  'a folder that is swapped for a link and back all the time never shows where the link leads',
  { timeout: 60_000 },
  async () => {
    const swap = `
    const { renameSync, symlinkSync } = require('node:fs');
    symlinkSync('../.ssh', 'link');
    process.stdout.write('begun');
    for (;;) { renameSync('cache', 'away'); renameSync('link', 'cache'); renameSync('cache', 'link'); renameSync('away', 'cache'); }`;
    const swapping = spawn(process.execPath, ['-e', swap], {
      cwd: at('home/.tool'),
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      let isSwapping = false;
      swapping.stdout.once('data', () => (isSwapping = true));
      const command = planned();
      await until(() => isSwapping, 'the swapping');
      let begun = 0;
      // Most of the time something else is there, and nothing is begun.
      while (begun < 30) {
        const { failure, said } = await run(command, 'cat ~/.tool/cache/*');
        expect(said).not.toContain('SECRET');
        if (failure?.kind !== 'moved') begun += 1;
      }
    } finally {
      swapping.kill('SIGKILL');
    }
  },
);
