import type { Fault, Job } from './wire.ts';

/** What the model does when it is asked. */
export type Step =
  | { kind: 'work'; job: Job }
  | { kind: 'say'; text: string }
  | { kind: 'fail'; fault: Fault }
  /** It refuses; begins and never ends; begins and is cut off. */
  | { kind: 'refuse' | 'hang' | 'cut' }
  /** As the other step, once the test lets it go on. */
  | { kind: 'wait'; then: Step };

export const HELLO = { file: 'hello.txt', content: 'Hello from the model.\n' };
export const LAST_WORDS = 'hello.txt has a greeting now.';

const WRITE: Step = { kind: 'work', job: { write: HELLO.file, content: HELLO.content } };
const END: Step = { kind: 'say', text: LAST_WORDS };

/**
 * What it does in turn, the last of it for ever, by the name in the task's words (`scenario:write`). A turn ends with
 * words; what a person says then begins at the first step again.
 */
export const SCENARIOS = {
  write: [WRITE, END],
  test: [WRITE, { kind: 'work', job: { shell: 'npm test' } }, END],
  refuse: [{ kind: 'refuse' }],
  quota: [{ kind: 'fail', fault: 'quota' }],
  'signed-out': [{ kind: 'fail', fault: 'signed-out' }],
  broken: [{ kind: 'fail', fault: 'broken' }],
  full: [{ kind: 'fail', fault: 'full' }],
  cut: [{ kind: 'cut' }],
  hang: [{ kind: 'hang' }],
  wait: [WRITE, { kind: 'wait', then: END }],
} as const satisfies Record<string, readonly Step[]>;
export type Scenario = keyof typeof SCENARIOS;

/** The scenario whose name stands in a request; null: it is about no task. @throws Error when there is none of that name */
export function scenarioIn(text: string): Scenario | null {
  const name = /scenario:([a-z-]+)/.exec(text)?.[1];
  if (name === undefined) return null;
  if (!(name in SCENARIOS)) throw new Error(`Expected the name of a scenario in the request, found "${name}"`);
  return name as Scenario;
}
