import { NOT_ALLOWED } from '../gemini.ts';
import { objectOf, textOf, type Event } from '../reading.ts';
import { errorWords } from './event-teller.ts';
import { planStepsOf } from './plan-steps.ts';
import type { ActivityTeller } from './teller.ts';
import { targetOf, textIn, toolKindOf } from './tools.ts';

const PLAN_TOOLS = new Set(['write_todos', 'write_todos_list']);

/** `gemini --output-format stream-json` */
export function tellGemini(teller: ActivityTeller, event: Event): boolean {
  const isMessage = event['type'] === 'message' && event['role'] !== 'user';
  if (isMessage && event['delta'] === true) {
    teller.piece(textOf(event['content']) ?? '');
    return true;
  }
  teller.endOfPieces();
  switch (event['type']) {
    case 'init':
      return true;
    case 'message':
      if (isMessage) teller.message(textOf(event['content']));
      return true;
    case 'tool_use':
      tellCall(teller, event);
      return true;
    case 'tool_result':
      tellAnswer(teller, event);
      return true;
    case 'error':
      teller.warning(errorWords({ message: event['message'], error: event['error'] }));
      return true;
    case 'result':
      if (event['error']) teller.warning(errorWords({ error: event['error'] }));
      return true;
    default:
      return false;
  }
}

function tellCall(teller: ActivityTeller, event: Event): void {
  const name = textOf(event['tool_name']) ?? 'tool';
  const id = textOf(event['tool_id']) ?? name;
  const input = objectOf(event['parameters']);
  if (PLAN_TOOLS.has(name)) {
    teller.ignoreCall(id);
    teller.plan(planStepsOf(input['todos']));
    return;
  }
  teller.call(id, { name, status: 'running', target: targetOf(toolKindOf(name), input) });
}

function tellAnswer(teller: ActivityTeller, event: Event): void {
  const id = textOf(event['tool_id']);
  if (id === null) return;
  const error = objectOf(event['error']);
  const isError = event['status'] === 'error';
  const isDenied = isError && NOT_ALLOWED.test(textOf(error['type']) ?? '');
  teller.call(id, {
    status: isDenied ? 'denied' : isError ? 'failed' : 'done',
    output: textIn(event['output']) ?? textOf(error['message']),
  });
}
