import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
/** What these tests need of the bootstrap, which is plain JavaScript with types in its comments. */
interface RunnerAccount {
  runnerDir: string;
  demoDir: string;
  tokenFile: string | undefined;
  user: { uid: number; gid: number } | undefined;
}
interface Bootstrap {
  findServiceHome(dataDir: string): unknown;
  prepareRunnerAccount(home: unknown, buildDir: string): RunnerAccount;
  handOverToRunner(account: RunnerAccount): void;
  findBubblewrap(home: unknown, user: RunnerAccount['user']): Promise<string | undefined>;
}

const modules = await Promise.all(
  ['service-home', 'runner-account', 'bubblewrap'].map(
    (name) => import(new URL(`../../scripts/bootstrap/${name}.mjs`, import.meta.url).href) as Promise<object>,
  ),
);
const { findServiceHome, prepareRunnerAccount, handOverToRunner, findBubblewrap } = Object.assign(
  {},
  ...modules,
) as Bootstrap;

let dataDir: string;
beforeEach(() => {
  dataDir = mkdtempSync(path.join(tmpdir(), 'overmind-account-'));
  chmodSync(dataDir, 0o755);
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

function prepare(): RunnerAccount {
  const buildDir = path.join(dataDir, 'build');
  mkdirSync(buildDir, { recursive: true });
  return prepareRunnerAccount(findServiceHome(dataDir), buildDir);
}

/** What a shell says that runs as the runner's user: an agent without a sandbox. */
function asAgent({ user, runnerDir }: RunnerAccount, script: string): string {
  const { stdout, stderr } = spawnSync('/bin/sh', ['-c', script], {
    cwd: runnerDir,
    encoding: 'utf8',
    ...(user && { uid: user.uid, gid: user.gid }),
  });
  return stdout + stderr;
}

test("an agent that runs as the runner's user can neither read the token nor change or replace the policy", () => {
  const account = prepare();
  const [token, policy] = ['runner.json', 'policy.json'].map((name) => path.join(account.runnerDir, name)) as [
    string,
    string,
  ];
  writeFileSync(token, '{"token":"ovm_run_secret"}', { mode: 0o600 });
  writeFileSync(policy, '{"roots":[]}', { mode: 0o600 });
  handOverToRunner(account);
  if (!account.user) return expect([account.tokenFile, statSync(token).mode & 0o777]).toEqual([undefined, 0o600]); // not root: the runner is us, and only a sandbox stands between
  expect(account.tokenFile).toBe(token);
  const said = asAgent(
    account,
    'cat runner.json; cat policy.json; echo x > policy.json; rm -f policy.json runner.json; mv policy.json aside; ln -sf /etc/passwd policy.json; chmod 666 policy.json; mkdir runs && rmdir runs && echo own files work',
  );
  expect(said).not.toContain('ovm_run_secret');
  expect(said).toContain('{"roots":[]}');
  expect(said).toContain('own files work');
  expect([readFileSync(policy, 'utf8'), readFileSync(token, 'utf8')]).toEqual([
    '{"roots":[]}',
    '{"token":"ovm_run_secret"}',
  ]);
});

test('what an agent of an earlier version has put in place of the policy is not followed, and not believed', () => {
  const account = prepare();
  const [policy, victim] = [path.join(account.runnerDir, 'policy.json'), path.join(dataDir, 'victim')];
  writeFileSync(victim, "root's own", { mode: 0o600 });
  symlinkSync(victim, policy);
  const again = prepare();
  if (!again.user) return expect(existsSync(policy)).toBe(true); // nobody but ourselves was there
  expect(existsSync(policy)).toBe(false);
  expect([readFileSync(victim, 'utf8'), statSync(victim).mode & 0o777]).toEqual(["root's own", 0o600]);
});

test('a policy of an earlier version, which an agent may hold open, is taken over into a file of its own', () => {
  const account = prepare();
  if (!account.user) return expect(account.tokenFile).toBeUndefined(); // nobody but ourselves was there
  const policy = path.join(account.runnerDir, 'policy.json');
  chownSync(account.runnerDir, account.user.uid, account.user.gid);
  writeFileSync(policy, '{"roots":[]}');
  chownSync(policy, account.user.uid, account.user.gid);
  const held = openSync(policy, 'r+');
  prepare();
  writeSync(held, '{"roots":["/"]}', 0);
  closeSync(held);
  expect(readFileSync(policy, 'utf8')).toBe('{"roots":[]}');
  expect(statSync(policy).uid).toBe(0);
});

test('a policy that an agent has made where there was none is not believed', () => {
  const account = prepare();
  if (!account.user) return expect(account.tokenFile).toBeUndefined(); // nobody but ourselves was there
  asAgent(account, 'echo \'{"roots":["/"]}\' > policy.json');
  prepare();
  expect(existsSync(path.join(account.runnerDir, 'policy.json'))).toBe(false);
});

test("the runner's user can put nothing where the set-up makes the demo repository as root", () => {
  const account = prepare();
  if (!account.user) return expect(account.tokenFile).toBeUndefined(); // nobody but ourselves was there
  // As an earlier version has left it.
  chownSync(account.demoDir, account.user.uid, account.user.gid);
  const again = prepare();
  asAgent(again, `ln -s /etc '${again.demoDir}/repo'`);
  expect(existsSync(path.join(again.demoDir, 'repo'))).toBe(false);
});

test("bubblewrap is found or brought, and runs as the runner's user", async () => {
  const account = prepare();
  const file = await findBubblewrap(findServiceHome(dataDir), account.user);
  expect(asAgent(account, `'${file}' --version`)).toMatch(/^bubblewrap \d/);
});
