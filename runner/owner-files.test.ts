import { chmodSync, fstatSync, mkdirSync, openSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readEnvironment } from './env.ts';
import { readPolicy } from './execution/policy.ts';
import { makeSocketFolder } from './execution/socket-folder.ts';
import { temporaryFolder } from './testing/programs.ts';
import { readToken, readTokenFrom } from './token-file.ts';

let folder: string;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => rmSync(folder, { recursive: true }));

function file(name: string, content: unknown, mode: number): string {
  const path = join(folder, name);
  writeFileSync(path, JSON.stringify(content));
  chmodSync(path, mode);
  return path;
}

test('the token is read from a file that only its owner can read', () => {
  expect(readToken(file('runner.json', { token: 'ovm_run_abc' }, 0o600))).toBe('ovm_run_abc');
  for (const mode of [0o644, 0o640, 0o604])
    expect(() => readToken(file('runner.json', { token: 'ovm_run_abc' }, mode))).toThrow(/chmod 600/);
  expect(() => readToken(file('runner.json', { token: 'ovm_usr_abc' }, 0o600))).toThrow(/ovm_run_/);
  expect(() => readToken(join(folder, 'missing.json'))).toThrow(/missing/);
  symlinkSync(join(folder, 'runner.json'), join(folder, 'link.json'));
  expect(() => readToken(join(folder, 'link.json'))).toThrow(/ordinary file/);
});

test('a token that is handed over open is read once; the descriptor is closed, so that no child can inherit it', () => {
  const fd = openSync(file('runner.json', { token: 'ovm_run_abc' }, 0o600), 'r');
  expect(readTokenFrom(fd)).toBe('ovm_run_abc');
  expect(() => fstatSync(fd)).toThrow(/EBADF/);
  expect(() => readTokenFrom(openSync(file('other.json', { token: 'ovm_usr_abc' }, 0o600), 'r'))).toThrow(/ovm_run_/);
});

test('a policy with a key nobody knows, a relative root or a path as a program name is refused by name', () => {
  const policy = { roots: ['/srv'], executables: { node: {} } };
  expect(readPolicy(file('policy.json', policy, 0o600))).toMatchObject({
    roots: ['/srv'],
    capacity: 2,
    allowOtherOwners: false,
  });
  expect(() => readPolicy(file('policy.json', { ...policy, allowEverything: true }, 0o600))).toThrow(/allowEverything/);
  expect(() => readPolicy(file('policy.json', { ...policy, roots: ['srv'] }, 0o600))).toThrow(/roots\.0/);
  expect(() => readPolicy(file('policy.json', { ...policy, executables: { '/bin/sh': {} } }, 0o600))).toThrow(
    /executables/,
  );
  expect(() => readPolicy(file('policy.json', policy, 0o666))).toThrow(/chmod 600/);
  expect(() => readPolicy(join(folder, 'missing.json'))).toThrow(/needs a policy file/);
});

test('each variable that does not fit is named', () => {
  expect(() => readEnvironment({})).toThrow(/OVERMIND_URL.*OVERMIND_RUNNER_DIR/s);
  expect(
    readEnvironment({ OVERMIND_URL: 'http://localhost:3000', OVERMIND_RUNNER_DIR: '/r', PATH: '/bin' }),
  ).toMatchObject({ onStop: 'keep', searchPath: '/bin', sandboxFile: null, tokenFd: null, hiddenPaths: [] });
  const told = {
    OVERMIND_URL: 'http://localhost:3000',
    OVERMIND_RUNNER_DIR: '/r',
    OVERMIND_BWRAP: '/opt/bwrap',
    OVERMIND_RUNNER_TOKEN_FD: '3',
    OVERMIND_HIDDEN_DIRS: '/a:/b',
  };
  expect(readEnvironment(told)).toMatchObject({ sandboxFile: '/opt/bwrap', tokenFd: 3, hiddenPaths: ['/a', '/b'] });
});

test.each([
  [
    'by npm',
    ['/own/node_modules/.bin', '/node_modules/.bin', '/n/run-script/lib/node-gyp-bin', '/usr/bin'],
    '/usr/bin',
  ],
  ['by hand', ['/own/node_modules/.bin', '/usr/bin'], '/usr/bin'],
  ['beside packages of a user', ['/node_modules/.bin', '/usr/bin'], '/node_modules/.bin:/usr/bin'],
])('a runner that was started %s looks for programs where its user does', (_name, folders, expected) => {
  const told = { OVERMIND_URL: 'http://localhost:3000', OVERMIND_RUNNER_DIR: '/r', PATH: folders.join(':') };
  expect(readEnvironment(told, '/own').searchPath).toBe(expected);
});

test('sockets are made in a folder that only we can enter, with a path that fits', () => {
  const deep = join(folder, 'd'.repeat(120));
  mkdirSync(deep);
  const made = makeSocketFolder(deep);
  expect(Buffer.byteLength(join(made, '0123456789ab.sock'))).toBeLessThanOrEqual(104);
  chmodSync(made, 0o755);
  expect(() => makeSocketFolder(deep)).toThrow(/mode 700/);
  rmSync(made, { recursive: true });
});
