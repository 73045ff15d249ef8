import { writeContributing } from './write-contributing.ts';
import { repairSum } from './repair-sum.ts';
import type { Screen } from './screen.ts';
import type { DemoTask } from './task.ts';
import { writeNote } from './write-note.ts';

/** One thing the demo agent can really do. @returns what it did, for people */
export type Job = (task: DemoTask, folder: string, screen: Screen) => Promise<string>;

/** Chooses by the words of the task, the same way every time. */
export function chooseJob(task: DemoTask): { name: string; job: Job } {
  const words = `${task.title}\n${task.description}`;
  if (/\bcontributing\b/i.test(words)) return { name: 'write CONTRIBUTING.md', job: writeContributing };
  if (/\bsum\b/i.test(words) && /\b(fix|repair|fail\w*|bug|broken|wrong|red|test\w*)\b/i.test(words))
    return { name: 'repair src/sum.js', job: repairSum };
  return { name: 'write a note', job: writeNote };
}
