import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';

const { userPath } = (await import(new URL('./user-path.mjs', import.meta.url).href)) as {
  userPath(searchPath: string, rootDir: string): string;
};
const { readSystemEnvironment } = (await import(new URL('./system-environment.mjs', import.meta.url).href)) as {
  readSystemEnvironment(given: NodeJS.ProcessEnv, rootDir: string): { variables: NodeJS.ProcessEnv };
};

const ROOT = '/home/me/overmind';
/** What npm puts first, in its order. */
const OF_NPM = [
  '/home/me/overmind/node_modules/.bin',
  '/home/me/node_modules/.bin',
  '/home/node_modules/.bin',
  '/node_modules/.bin',
  '/usr/lib/node_modules/npm/node_modules/@npmcli/run-script/lib/node-gyp-bin',
];

test.each([
  ['started by npm', [...OF_NPM, '/usr/local/bin', '/usr/bin'], ['/usr/local/bin', '/usr/bin']],
  ['by npm in npm', [...OF_NPM, ...OF_NPM, '/usr/bin'], ['/usr/bin']],
  ['by hand', ['/usr/local/bin', '/usr/bin'], ['/usr/local/bin', '/usr/bin']],
  ['with a folder of his own first', ['/home/me/bin', ...OF_NPM, '/usr/bin'], ['/home/me/bin', '/usr/bin']],
  [
    "with a user's own packages, of which one is around the clone",
    [...OF_NPM, '/home/me/node_modules/.bin', '/home/me/agents/node_modules/.bin', '/usr/bin'],
    ['/home/me/node_modules/.bin', '/home/me/agents/node_modules/.bin', '/usr/bin'],
  ],
  [
    'without npm, with packages around the clone',
    ['/home/me/node_modules/.bin', '/usr/bin'],
    ['/home/me/node_modules/.bin', '/usr/bin'],
  ],
  ['with our own programs written down by hand', ['/usr/bin', OF_NPM[0] ?? ''], ['/usr/bin']],
])('the PATH is what the user has it to be, %s', (_name, given, expected) => {
  expect(userPath(given.join(path.delimiter), ROOT).split(path.delimiter)).toEqual(expected);
});

test('everything that is started gets that PATH', () => {
  const given = { PATH: [...OF_NPM, '/usr/bin'].join(path.delimiter), HOME: '/home/me' };
  expect(readSystemEnvironment(given, ROOT).variables).toEqual({ PATH: '/usr/bin', HOME: '/home/me' });
  expect(readSystemEnvironment({ HOME: '/home/me' }, ROOT).variables).toEqual({ HOME: '/home/me' });
});

test('an agent that npm has started us for finds the eslint of its user, not ours', () => {
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'ovm-path-')));
  const script = `const { readSystemEnvironment } = await import(${JSON.stringify(new URL('./system-environment.mjs', import.meta.url).href)});
    const { execFileSync } = await import('node:child_process');
    const say = (env) => console.log(execFileSync('/bin/sh', ['-c', 'eslint'], { env, encoding: 'utf8' }).trim());
    say(process.env);
    say(readSystemEnvironment(process.env, process.cwd()).variables);`;
  const own = path.join(folder, 'clone');
  const files = {
    [path.join(own, 'node_modules/.bin/eslint')]: 'ours',
    [path.join(folder, 'bin/eslint')]: "the user's",
  };
  try {
    for (const [file, words] of Object.entries(files)) {
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, `#!/bin/sh\necho "${words}"\n`, { mode: 0o755 });
    }
    writeFileSync(path.join(own, 'main.mjs'), script);
    writeFileSync(path.join(own, 'package.json'), JSON.stringify({ scripts: { start: 'node main.mjs' } }));
    const said = execFileSync('npm', ['start', '--silent', '--no-update-notifier'], {
      cwd: own,
      encoding: 'utf8',
      env: { ...process.env, PATH: [path.join(folder, 'bin'), process.env['PATH']].join(path.delimiter) },
    });
    expect(said).toBe("ours\nthe user's\n");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
