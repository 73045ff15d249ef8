import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { BUBBLEWRAP, temporaryFolder } from '../testing/programs.ts';
import { makeRunSpec } from '../testing/run-specs.ts';
import { planSandbox } from './plan-sandbox.ts';
import { RunnerPolicy } from './policy.ts';
import { Sandbox } from './sandbox.ts';

let folder: string;
let sandbox: Sandbox;
beforeEach(async () => {
  folder = realpathSync(temporaryFolder());
  sandbox = await Sandbox.open({ file: BUBBLEWRAP, searchPath: '' });
  files({ 'home/.ssh/key': 'SECRET\n', 'home/.claude/settings.json': '{}\n', 'work/file': 'x\n' });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const at = (path: string): string => join(folder, path);

function files(contents: Record<string, string>): void {
  for (const [path, content] of Object.entries(contents)) {
    mkdirSync(dirname(at(path)), { recursive: true });
    writeFileSync(at(path), content, { mode: 0o755 });
  }
}

interface Run {
  program?: string;
  asked?: string[];
  sandbox?: object;
  searchPath?: string;
}

/** What a run of this program sees, all the way from what its agent asks for. */
function run(script: string, { program = 'npm', asked = [], sandbox: rules = {}, searchPath = '' }: Run): string {
  const policy = RunnerPolicy.parse({ roots: [], executables: {}, sandbox: rules });
  const runnerFolder = at('runner');
  const search = { policy, policyTrouble: null, runnerFolder, runnerName: 'r', searchPath };
  const host = { sandbox, policy, search, env: { HOME: at('home') }, runnerFolder, runnerName: 'r', hiddenPaths: [] };
  const spec = makeRunSpec({ repoRoot: folder, commands: [[program]], sandbox: { network: true, homePaths: asked } });
  const runFolder = at('runner/runs/one');
  mkdirSync(runFolder, { recursive: true });
  const places = { writable: [at('work')], readable: [], cwd: at('work') };
  const command = planSandbox(host, spec, []).commandFor(places, runFolder);
  const { stdout, stderr } = spawnSync(command?.file ?? '', [...(command?.args ?? []), '--', '/bin/sh', '-c', script], {
    env: { PATH: '/usr/bin:/bin', HOME: at('home') },
    encoding: 'utf8',
  });
  return stdout + stderr;
}

describe('a link that an agent has left where agents write', () => {
  test.each([
    ['to the home', '..', '.claude/x/.ssh/key', ['.claude/x']],
    ['to keys', '../.ssh', '.claude/x/key', ['.claude/x']],
    ['to keys, by an absolute path', 'ABSOLUTE/home/.ssh', '.claude/x/key', ['.claude/x']],
    ['to one file', '../.ssh/key', '.claude/x', ['.claude/x']],
    ['that is on the way to what is asked for', '..', '.claude/x/.ssh/key', ['.claude/x/.ssh']],
    ['to what is kept in the same folder', 'settings.json', '.claude/x', ['.claude/x']],
  ])('shows a later run of another program nothing: one %s', (_name, target, read, asked) => {
    symlinkSync(target.replace('ABSOLUTE', folder), at('home/.claude/x'));
    const said = run(`cd; echo begun; cat ${read}; echo planted > ${read}`, { asked });
    expect(said).toMatch(/^begun\n/);
    expect(said).not.toContain('SECRET');
    expect(readFileSync(at('home/.ssh/key'), 'utf8')).toBe('SECRET\n');
    expect(readFileSync(at('home/.claude/settings.json'), 'utf8')).toBe('{}\n');
  });

  test.each([
    ['a folder that every run may write', { writablePaths: ['cache', 'cache/x'] }],
    ['a folder that every run may read', { writablePaths: ['cache'], readablePaths: ['cache/x'] }],
    ['the same below a link', { writablePaths: ['cache'], readablePaths: ['alias/x'] }],
  ])('is not followed where the policy names %s in another one', (_name, paths) => {
    mkdirSync(at('cache'));
    symlinkSync('cache', at('alias'));
    symlinkSync('../home', at('cache/x'));
    const rules = Object.fromEntries(Object.entries(paths).map(([name, list]) => [name, list.map(at)]));
    const key = '.ssh/key';
    const said = run(
      `echo begun; cat ${at(`cache/x/${key}`)} ${at(`alias/x/${key}`)}; echo no > ${at(`cache/x/${key}`)}`,
      {
        sandbox: rules,
      },
    );
    expect(said).toMatch(/^begun\n/);
    expect(said).not.toContain('SECRET');
    expect(readFileSync(at('home/.ssh/key'), 'utf8')).toBe('SECRET\n');
  });

  test.each([
    ['beside programs on the PATH', 'home/.qwen/bin/tool', '../../.ssh/key'],
    ['in place of a folder on the PATH', 'home/.qwen/bin', '../.ssh'],
  ])('shows nothing %s', (_name, link, target) => {
    mkdirSync(dirname(at(link)), { recursive: true });
    symlinkSync(target, at(link));
    const said = run('echo begun; cat ~/.ssh/key', { searchPath: at('home/.qwen/bin') });
    expect(said).toMatch(/^begun\n/);
    expect(said).not.toContain('SECRET');
  });
});

test("links of the home's owner are followed: to a program's folder, and to a shared cache", () => {
  files({ 'home/dotfiles/codex/auth.json': 'login\n', 'disk/cache/file': 'cached\n' });
  symlinkSync('dotfiles/codex', at('home/.codex'));
  symlinkSync('disk', at('shared'));
  const said = run(`cat ~/.codex/auth.json ${at('shared/cache/file')}; echo renewed > ~/.codex/auth.json`, {
    program: 'codex',
    sandbox: { writablePaths: [at('shared/cache')] },
  });
  expect(said).toBe('login\ncached\n');
  expect(readFileSync(at('home/dotfiles/codex/auth.json'), 'utf8')).toBe('renewed\n');
});
