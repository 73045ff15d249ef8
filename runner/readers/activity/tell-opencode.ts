import { NOT_ALLOWED } from '../opencode.ts';
import { listOf, objectOf, textOf, type Event } from '../reading.ts';
import { errorWords } from './event-teller.ts';
import { planStepsOf } from './plan-steps.ts';
import type { ActivityTeller, CallNews } from './teller.ts';
import { targetOf, textIn, toolKindOf } from './tools.ts';

const STATUSES = new Map<unknown, NonNullable<CallNews['status']>>([
  ['completed', 'done'],
  ['error', 'failed'],
]);
const PLAN_TOOLS = new Set(['todowrite', 'todo_write']);

/** `opencode run --format json` */
export function tellOpencode(teller: ActivityTeller, event: Event): boolean {
  const part = objectOf(event['part']);
  switch (event['type']) {
    case 'step_start':
    case 'step_finish':
      return true;
    case 'text':
      teller.message(textOf(part['text']));
      return true;
    case 'reasoning':
      teller.thought(textOf(part['text']));
      return true;
    case 'tool_use':
      tellCall(teller, part);
      return true;
    case 'error':
      teller.warning(errorWords({ error: event['error'] }));
      return true;
    default:
      return false;
  }
}

function tellCall(teller: ActivityTeller, part: Event): void {
  const name = textOf(part['tool']) ?? 'tool';
  const held = objectOf(part['state']);
  const input = objectOf(held['input']);
  if (PLAN_TOOLS.has(name)) {
    teller.plan(planStepsOf(input['todos']));
    return;
  }
  const error = textOf(held['error']);
  const status = STATUSES.get(held['status']) ?? 'running';
  const metadata = objectOf(held['metadata']);
  teller.call(textOf(part['callID']) ?? textOf(part['id']) ?? name, {
    name,
    status: status === 'failed' && error !== null && NOT_ALLOWED.test(error) ? 'denied' : status,
    target: targetOf(toolKindOf(name), input),
    output: textIn(held['output']) ?? error,
    exitCode: metadata['exit'],
    ...(status === 'done' ? { changes: changesOf(name, input, metadata) } : {}),
  });
}

const CHANGES = new Map<unknown, 'added' | 'removed'>([
  ['add', 'added'],
  ['delete', 'removed'],
]);

function changesOf(name: string, input: Event, metadata: Event): NonNullable<CallNews['changes']> {
  const path = textOf(input['filePath']);
  if (toolKindOf(name) !== 'edit') return [];
  if (path !== null) return [{ path, change: metadata['exists'] === false ? 'added' : 'changed' }];
  return listOf(metadata['files'])
    .map(objectOf)
    .map((file) => ({
      path: textOf(file['filePath']) ?? textOf(file['path']) ?? '',
      change: CHANGES.get(file['type']) ?? ('changed' as const),
    }))
    .filter(({ path: changed }) => changed !== '');
}
