import { existsSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Attempts } from '../testing/attempts.ts';
import { temporaryFolder } from '../testing/programs.ts';
import { makeRepository, type TestRepository } from '../testing/repositories.ts';
import { makeRunSpec } from '../testing/run-specs.ts';
import { writeTaskFiles } from './task-files.ts';

let folder: string;
let repository: TestRepository;
let attempts: Attempts;

beforeEach(() => {
  folder = realpathSync(temporaryFolder());
  repository = makeRepository(join(folder, 'repo'), {
    'README.md': '# Test\n',
    'AGENTS.md': 'Be brief.\n',
    '.gitignore': '.env\nconfig/\n',
  });
  attempts = new Attempts({ folder });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test.each([
  ['a link to a secret', 'ln -s .env report.txt'],
  ['a link to a link', 'ln -s .env hop && ln -s hop report.txt'],
  [
    'a link through a folder',
    'mkdir config && cp .env config/credentials.json && ln -s config place && ln -s place/credentials.json report.txt',
  ],
  ['another spelling', 'mkdir -p config && cp .env config/.ENV && ln -s config/.ENV report.txt'],
  ['a second name', 'ln .env report.txt'],
])('%s is no report', async (_name, script) => {
  const { artifacts, runFolder } = await attempts.run(
    { repoRoot: repository.root, artifactGlobs: ['**/*.txt'] },
    `echo KEY=secret > .env; ${script}`,
  );
  expect(artifacts.filter(({ kind }) => kind === 'report').map(({ name }) => name)).toEqual([]);
  expect(readFileSync(join(runFolder.path, 'marks.spool'), 'utf8')).toContain('The artifact report.txt is left');
});

test.each([
  ['a secret itself', 'echo KEY=secret > .env', '.env'],
  ['a link to a secret', 'echo KEY=secret > .env; ln -s .env rules.md', 'rules.md'],
  ['a link out of the repository', 'ln -s /etc/passwd rules.md', 'rules.md'],
  ["a link into Git's folder", 'ln -s .git/config rules.md', 'rules.md'],
])('%s is no file of instructions', async (_name, script, file) => {
  const { workspace } = await attempts.run({ repoRoot: repository.root }, script);
  const spec = makeRunSpec({ repoRoot: repository.root, prompt: { agentPrompt: { file } } });
  const order = { runFolder: folder, workFolder: workspace.path, deniedGlobs: attempts.host.policy.deniedGlobs };
  expect(() => writeTaskFiles(spec, order)).toThrow(expect.objectContaining({ reason: 'path_refused' }) as Error);
  expect(existsSync(join(folder, 'prompt.txt'))).toBe(false);
});
