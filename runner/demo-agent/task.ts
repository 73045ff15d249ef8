import { readFileSync } from 'node:fs';

/** What the demo agent needs to know of its task. */
export interface DemoTask {
  title: string;
  description: string;
  acceptanceCriteria: string[];
  feedback: string | null;
  attempt: number;
}

/**
 * Reads the task from the file that the runner names, or from the prompt on standard input.
 * @throws Error when neither says what to do
 */
export function readTask(taskFile: string | undefined): DemoTask {
  if (taskFile !== undefined) {
    const { title, description, acceptanceCriteria, feedback, attempt } = JSON.parse(
      readFileSync(taskFile, 'utf8'),
    ) as DemoTask;
    return { title, description, acceptanceCriteria, feedback, attempt };
  }
  const prompt = readFileSync(0, 'utf8').trim();
  if (prompt === '')
    throw new Error('Say what to do: a prompt on standard input, or a task file in OVERMIND_TASK_FILE.');
  const title = (/^# Task: (.*)$/m.exec(prompt)?.[1] ?? prompt.split('\n')[0] ?? '').trim();
  return {
    title,
    description: prompt,
    acceptanceCriteria: [],
    feedback: /^## Feedback[^\n]*\n+(?:Your earlier work[^\n]*\n+)?([\s\S]+)$/m.exec(prompt)?.[1]?.trim() ?? null,
    attempt: 1,
  };
}
