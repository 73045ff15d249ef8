import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { feedbackSection } from './feedback.ts';
import { paint, type Screen } from './screen.ts';
import type { DemoTask } from './task.ts';

const FILE = 'CONTRIBUTING.md';

/** Writes a CONTRIBUTING file that fits this repository, or works a reviewer's wishes into the one there is. */
export async function writeContributing(task: DemoTask, folder: string, screen: Screen): Promise<string> {
  const path = join(folder, FILE);
  const project = readProject(folder);
  await screen.step('Looking at the repository');
  await screen.detail(`package.json: ${paint('green', project.name)}, tests by ${paint('green', project.test)}`);
  const before = existsSync(path) ? readFileSync(path, 'utf8') : null;
  await screen.detail(before === null ? `no ${FILE} yet` : `${FILE} has ${before.split('\n').length - 1} lines`);

  let text = before ?? compose(project);
  if (task.feedback !== null) {
    await screen.step('Reading the feedback');
    for (const line of task.feedback.trim().split('\n')) await screen.detail(paint('yellow', line));
    text = `${text.trimEnd()}\n\n${feedbackSection(task.feedback)}`;
  }
  await screen.step(`Writing ${FILE}`);
  for (const heading of text.match(/^##? .*$/gm) ?? []) await screen.detail(`${paint('green', '+')} ${heading}`);
  writeFileSync(path, text);
  return task.feedback === null
    ? `Wrote ${FILE}: set-up, how to change something, and what a review looks at.`
    : `Worked the feedback into ${FILE}.`;
}

interface Project {
  name: string;
  test: string;
}

function readProject(folder: string): Project {
  const path = join(folder, 'package.json');
  const { name = 'this project', scripts = {} } = existsSync(path)
    ? (JSON.parse(readFileSync(path, 'utf8')) as { name?: string; scripts?: Record<string, string> })
    : {};
  return { name, test: scripts['test'] === undefined ? 'hand' : '`npm test`' };
}

function compose({ name, test }: Project): string {
  return `# Contributing to ${name}

Thank you for helping. Small changes are welcome without asking; for larger ones, open an issue first, so that no
work is done twice.

## Set-up

1. Install Node.js 20 or newer.
2. Clone the repository and make a branch: \`git switch -c my-change\`.
3. Check that everything works before you begin: tests are run by ${test}.

## Making a change

- One idea a branch, and one idea a commit. Say *why* in the message.
- A change of behaviour comes with a test; a bug fix begins with the test that fails.
- Keep to the style of the file you are in.
- Describe what users notice in \`README.md\`.

## Review

A reviewer looks at three things: does it do what it says, would the tests notice if it stopped doing so, and is
it simple to read. Expect questions; they are about the code, not about you.
`;
}
