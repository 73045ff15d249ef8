import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cutText } from '#contract/cut-text.ts';
import { feedbackSection } from './feedback.ts';
import { paint, type Screen } from './screen.ts';
import type { DemoTask } from './task.ts';

const MAX_SLUG_CHARS = 60;

/** The demo agent understands two tasks; of any other it makes an honest note, so that the loop can be tried with it. */
export async function writeNote(task: DemoTask, folder: string, screen: Screen): Promise<string> {
  const words = task.title
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
  const slug = cutText(words, MAX_SLUG_CHARS) || 'task';
  const file = `docs/notes/${slug}.md`;
  const path = join(folder, file);
  await screen.step('Reading the task');
  await screen.detail(task.title);
  for (const criterion of task.acceptanceCriteria) await screen.detail(`${paint('dim', '[ ]')} ${criterion}`);
  await screen.warn('this is more than the built-in demo agent can do: it has no model, only a few fixed skills');

  await screen.step(`Writing ${file}`);
  const before = existsSync(path) ? readFileSync(path, 'utf8') : compose(task);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, task.feedback === null ? before : `${before.trimEnd()}\n\n${feedbackSection(task.feedback)}`);
  await screen.detail(`${paint('green', '+')} ${file}`);
  return `Wrote down the task in ${file}. The demo agent has no model; give this task to a real agent to have it done.`;
}

function compose({ title, description, acceptanceCriteria }: DemoTask): string {
  const criteria =
    acceptanceCriteria.length > 0
      ? `\n## Done when\n\n${acceptanceCriteria.map((criterion) => `- [ ] ${criterion}`).join('\n')}\n`
      : '';
  return `# ${title}\n\n${description.trim() === '' ? 'No description was given.' : description.trim()}\n${criteria}\n*Noted by the demo agent, which has no model and did not do this task.*\n`;
}
