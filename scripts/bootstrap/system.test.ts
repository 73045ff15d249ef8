import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

type Variables = Record<string, string | undefined>;
interface Runner {
  runnerDir: string;
  user: { name: string; uid: number; gid: number } | undefined;
}
const { runnerEnvironment } = (await import(new URL('./system.mjs', import.meta.url).href)) as {
  runnerEnvironment(variables: Variables, runner: Runner): Variables;
};

const USER = { name: 'overmind-runner', uid: 990, gid: 990 };
const ROOT: Variables = {
  PATH: '/usr/bin',
  HOME: '/root',
  OPENAI_API_KEY: 'key',
  AWS_SECRET_ACCESS_KEY: 'secret',
  DATABASE_URL: 'postgresql://server',
  OVERMIND_SPEECH_KEY: 'a key of a service that writes down what is said',
};

let runnerDir: string;
beforeEach(() => {
  runnerDir = mkdtempSync(path.join(tmpdir(), 'overmind-runner-'));
});
afterEach(() => rmSync(runnerDir, { recursive: true, force: true }));

test("of root's environment the runner's user gets what the policy hands out to agents, and nothing else", () => {
  writeFileSync(
    path.join(runnerDir, 'policy.json'),
    JSON.stringify({ envNames: ['OPENAI_API_KEY', 'NOT_SET', 'HOME', 'DATABASE_URL'] }),
  );
  expect(runnerEnvironment(ROOT, { runnerDir, user: USER })).toEqual({
    PATH: '/usr/bin',
    LANG: 'C.UTF-8',
    HOME: runnerDir,
    USER: USER.name,
    LOGNAME: USER.name,
    OPENAI_API_KEY: 'key',
  });
});

test.each([
  ['none yet', undefined],
  ['one that names none', '{"roots":[]}'],
  ['one that does not fit', '{"envNames":"OPENAI_API_KEY"}'],
])('without such a policy it gets none of them: %s', (_name, text) => {
  if (text !== undefined) writeFileSync(path.join(runnerDir, 'policy.json'), text);
  expect(Object.keys(runnerEnvironment(ROOT, { runnerDir, user: USER })).sort()).toEqual(
    ['HOME', 'LANG', 'LOGNAME', 'PATH', 'USER'].sort(),
  );
});

test('whoever is not root runs the runner in his own surroundings, without what is only for the server', () => {
  const { DATABASE_URL: _server, OVERMIND_SPEECH_KEY: _speech, ...own } = ROOT;
  expect(runnerEnvironment(ROOT, { runnerDir, user: undefined })).toEqual(own);
});
