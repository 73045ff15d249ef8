import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { fixedPolicies } from './execution/policies.ts';
import { RunnerPolicy } from './execution/policy.ts';
import { signal } from './execution/processes.ts';
import type { Runner } from './runner.ts';
import { FakeControlPlane } from './testing/fake-control-plane.ts';
import { BUBBLEWRAP, buildProgram, temporaryFolder, until } from './testing/programs.ts';
import { makeRepository, type TestRepository } from './testing/repositories.ts';
import { makeRunSpec } from './testing/run-specs.ts';
import { startRunner } from './testing/start-runner.ts';

let keeperFile: string;
let folder: string;
let repository: TestRepository;
let controlPlane: FakeControlPlane;
let runner: Runner;

beforeAll(() => {
  keeperFile = buildProgram('execution/keeper-main');
});
beforeEach(async () => {
  folder = realpathSync(temporaryFolder());
  repository = makeRepository(join(folder, 'repos', 'repo'));
  controlPlane = new FakeControlPlane();
  files({ '.codex/auth.json': 'old\n', '.codex/prompts/mine': 'mine\n', 'dotfiles/codex.toml': 'mine\n' });
  symlinkSync('../dotfiles/codex.toml', at('.codex/config.toml'));
  runner = await start();
});
afterEach(async () => {
  await runner.stop(true);
  rmSync(folder, { recursive: true, force: true });
});
afterAll(() => rmSync(keeperFile, { force: true }));

const at = (path: string): string => join(folder, 'home', path);
const read = (path: string): string => readFileSync(at(path), 'utf8');
function files(contents: Record<string, string>): void {
  for (const [path, content] of Object.entries(contents)) {
    mkdirSync(dirname(at(path)), { recursive: true });
    writeFileSync(at(path), content);
  }
}

async function start(sandbox: Partial<RunnerPolicy['sandbox']> = {}): Promise<Runner> {
  const policy = RunnerPolicy.parse({
    roots: [join(folder, 'repos')],
    // A shell by the name of a program whose folder of the home is shown, writable.
    executables: { codex: { path: '/bin/sh' }, npm: { path: '/bin/sh' } },
    limits: { minFreeBytes: 0 },
    sandbox,
  });
  const { runner: started, ready } = startRunner({
    folder: join(folder, 'runner'),
    policies: fixedPolicies(policy),
    controlPlane,
    keeperFile,
    sandboxFile: BUBBLEWRAP,
    hiddenPaths: [],
    env: { PATH: '/usr/bin:/bin', HOME: join(folder, 'home') },
  });
  await ready;
  return started;
}

type Offered = ReturnType<FakeControlPlane['offer']>;
const offer = (script: string, part: Partial<Parameters<typeof makeRunSpec>[0]> = {}): Offered =>
  controlPlane.offer(
    makeRunSpec({ repoRoot: repository.root, commands: [['codex', '-c', `cd; cd .codex; ${script}`]], ...part }),
  );
/** Lets the script go on that waits for a file of this name. */
const WAIT = 'until [ -e go ]; do sleep 0.02; done; rm go';
const go = (): void => writeFileSync(at('.codex/go'), '');

test('what a run makes of settings that are not there, or are links, is not there when it has ended; a sign-in stays renewed', async () => {
  const run = offer(
    'echo new > next; mv next auth.json; echo hook > hooks.json; mkdir skills; mkdir -p rules/deep; echo x > rules/deep/x; rm config.toml; echo theirs > config.toml; ls',
  );
  await controlPlane.ended(run);
  expect(read('.codex/auth.json')).toBe('new\n');
  expect(readlinkSync(at('.codex/config.toml'))).toBe('../dotfiles/codex.toml');
  expect(read('.codex/config.toml')).toBe('mine\n');
  expect(readdirSync(at('.codex')).sort()).toEqual([
    'auth.json',
    'config.toml',
    'config.toml.from-agent',
    'hooks.json.from-agent',
    'prompts',
    'rules.from-agent',
  ]);
  // While it went on, its own program found what it had made.
  for (const name of ['config.toml', 'hooks.json', 'skills', 'rules']) expect(run.lines).toContain(`1:${name}`);
  expect(run.lines).toContain(
    `3:Put aside what this run left as ~/.codex/hooks.json, where it would decide what your own program runs: it is ${at('.codex/hooks.json.from-agent')} now`,
  );
  expect(run.lines).toContain(
    '3:Put back ~/.codex/config.toml, a link to ../dotfiles/codex.toml, which this run had taken away',
  );
  expect(run.lines.filter((line) => /Put (aside|back)/.test(line))).toHaveLength(4);
});

test('a second one beside the first is put beside it, and a link that was only taken away comes back', async () => {
  await controlPlane.ended(offer('echo 1 > hooks.json'));
  await controlPlane.ended(offer('echo 2 > hooks.json; rm config.toml'));
  expect(read('.codex/hooks.json.from-agent')).toBe('1\n');
  expect(read('.codex/hooks.json.from-agent-2')).toBe('2\n');
  expect(read('.codex/config.toml')).toBe('mine\n');
  expect(existsSync(at('.codex/hooks.json'))).toBe(false);
});

test('a folder that the run closes hides nothing', async () => {
  await controlPlane.ended(offer('mkdir rules; echo x > rules/x; chmod 0 rules; echo x > hooks.json; chmod 0 .'));
  expect(statSync(at('.codex')).mode & 0o700).toBe(0o700);
  expect(readdirSync(at('.codex')).filter((name) => ['rules', 'hooks.json'].includes(name))).toEqual([]);
});

test('what one run has made does not become a setting for being there when another begins', async () => {
  const first = offer(`echo 1 > hooks.json; ${WAIT}`);
  await until(() => existsSync(at('.codex/hooks.json')), 'the first run');
  const second = offer('echo begun; until ! [ -e hooks.json ]; do sleep 0.02; done; echo 2 > hooks.json');
  await until(() => second.lines.includes('1:begun'), 'the second run');
  go();
  await controlPlane.ended(first);
  await controlPlane.ended(second);
  expect(existsSync(at('.codex/hooks.json'))).toBe(false);
  expect(read('.codex/hooks.json.from-agent-2')).toBe('2\n');
});

test('also when its keeper is killed, and also when the runner is away then', async () => {
  const run = offer('echo x > hooks.json; echo begun; sleep 600');
  await until(() => run.lines.includes('1:begun'), 'the run');
  const keeper = (): number =>
    (JSON.parse(readFileSync(join(folder, 'runner/runs', run.spec.runId, 'keeper.json'), 'utf8')) as { pid: number })
      .pid;
  signal(keeper(), 'SIGKILL');
  await controlPlane.ended(run);
  expect(readdirSync(at('.codex'))).toContain('hooks.json.from-agent');
  expect(existsSync(at('.codex/hooks.json'))).toBe(false);

  const next = offer('echo x > hooks.json; echo begun; sleep 600');
  await until(() => next.lines.includes('1:begun'), 'the next run');
  const noted = (
    JSON.parse(readFileSync(join(folder, 'runner/runs', next.spec.runId, 'keeper.json'), 'utf8')) as {
      pid: number;
    }
  ).pid;
  await runner.stop();
  signal(noted, 'SIGKILL');
  runner = await start();
  await controlPlane.ended(next);
  expect(existsSync(at('.codex/hooks.json'))).toBe(false);
  expect(readdirSync(at('.codex'))).toContain('hooks.json.from-agent-2');
});

test('settings further down are kept, also where a link is put on the way, or the folder around them is moved away', async () => {
  await runner.stop();
  files({ '.config/opencode/opencode.json': 'mine\n', 'elsewhere/agents/one': 'mine\n' });
  runner = await start({
    homePaths: ['.config', '.qwen', '.codex'],
    writableHomePaths: ['.config', '.qwen', '.codex'],
  });
  const script =
    'cd; mv .config/opencode .config/away; rm -rf .config/opencode; mkdir -p .config/opencode .config/goose; echo x > .config/opencode/opencode.json; echo x > .config/goose/config.yaml; mkdir made; ln -s ../made .config/amp; echo x > made/settings.json; echo end';
  const run = offer('', {
    commands: [['npm', '-c', script]],
    sandbox: { network: true, homePaths: ['.config'] },
  });
  await controlPlane.ended(run);
  expect(run.lines).toContain('1:end');
  expect(read('.config/opencode/opencode.json')).toBe('mine\n');
  expect(readdirSync(at('.config')).sort()).toEqual(['amp.from-agent', 'goose', 'opencode']);
  expect(readdirSync(at('.config/goose'))).toEqual(['config.yaml.from-agent']);
});

test('what a person has in the home and a run can not change is left alone', async () => {
  const run = offer(`echo begun; ${WAIT}`);
  await until(() => run.lines.includes('1:begun'), 'the run');
  writeFileSync(at('.codex/prompts/mine'), 'changed\n');
  go();
  await controlPlane.ended(run);
  expect(readdirSync(at('.codex')).sort()).toEqual(['auth.json', 'config.toml', 'prompts']);
  expect(read('.codex/prompts/mine')).toBe('changed\n');
  expect(run.lines.join('\n')).not.toContain('Put ');
});

test('a folder of the program that is not there yet is made: what a run leaves in it is there for the next, and settings are put aside', async () => {
  rmSync(at('.codex'), { recursive: true });
  await controlPlane.ended(
    offer('', {
      commands: [
        ['codex', '-c', 'cd; mkdir -p .codex/sessions; cd .codex; echo said > sessions/one; echo hook > hooks.json'],
      ],
    }),
  );
  const next = offer('cat sessions/one');
  await controlPlane.ended(next);
  expect(next.lines).toContain('1:said');
  expect(readdirSync(at('.codex')).sort()).toEqual(['hooks.json.from-agent', 'sessions']);
  expect(statSync(at('.codex')).mode & 0o777).toBe(0o700);
  // Those of other programs are none of its business.
  expect(readdirSync(at('.')).sort()).toEqual(['.codex', 'dotfiles']);
});

test('it is not made where a link of an agent leads, and what can not be made is said', async () => {
  await runner.stop();
  files({ '.local/mine': '', 'elsewhere/mine': '', '.codex/mine': '' });
  symlinkSync('../elsewhere', at('.local/share'));
  runner = await start({ homePaths: ['.local', '.codex'], writableHomePaths: ['.local', '.codex'] });
  const sandbox = { network: true, homePaths: ['.local/share/opencode'] };
  await controlPlane.ended(offer('true', { sandbox }));
  expect(readdirSync(at('elsewhere'))).toEqual(['mine']);

  rmSync(at('.local/share'));
  writeFileSync(at('.local/share'), 'a file\n');
  const run = offer('true', { sandbox });
  expect((await controlPlane.ended(run)).status).toBe('completed');
  expect(run.lines.join('\n')).toContain('3:~/.local/share/opencode could not be made');
});
