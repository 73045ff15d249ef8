import { faultOf } from './fault.ts';
import { addUsage, amountOf, countOf, objectOf, say, textOf, type Event, type ReaderState } from './reading.ts';

export const NOT_ALLOWED = /reject\w* permission|permission\w* (?:was )?(?:denied|rejected)|prevents you from using/i;

/** `opencode run --format json` */
export function readOpencode(state: ReaderState, event: Event, now: Date): boolean {
  const part = objectOf(event['part']);
  switch (event['type']) {
    case 'step_start':
    case 'reasoning':
      break;
    case 'text':
      // What the program itself tells its model is not for people.
      if (part['synthetic'] !== true) say(state, textOf(part['text']) ?? '');
      break;
    case 'tool_use':
      readTool(state, part);
      break;
    case 'step_finish':
      finishStep(state, part);
      break;
    case 'error':
      state.fault = faultOf(event['error'], now);
      state.fault.codes = state.fault.codes.filter((code) => !['APIError', 'UnknownError'].includes(code));
      state.end = 'failed';
      break;
    default:
      return false;
  }
  state.sessionId = textOf(event['sessionID']) ?? state.sessionId;
  return true;
}

function readTool(state: ReaderState, part: Event): void {
  const id = textOf(part['callID']) ?? textOf(part['id']) ?? `${state.toolCalls.size}`;
  state.toolCalls.add(id);
  const held = objectOf(part['state']);
  const words = textOf(held['error']) ?? '';
  if (held['status'] === 'error' && NOT_ALLOWED.test(words)) {
    const input = objectOf(held['input']);
    state.denials.set(id, textOf(input['command']) ?? textOf(input['filePath']) ?? textOf(part['tool']) ?? words);
  }
}

/** Tokens and cost are told for each step alone. */
function finishStep(state: ReaderState, part: Event): void {
  const tokens = objectOf(part['tokens']);
  const cache = objectOf(tokens['cache']);
  const cached = countOf(cache['read']);
  addUsage(state, {
    inputTokens: countOf(tokens['input']) + countOf(cache['write']) + cached,
    cachedInputTokens: cached,
    outputTokens: countOf(tokens['output']) + countOf(tokens['reasoning']),
  });
  const cost = amountOf(part['cost']);
  if (cost !== null) state.costUsd = (state.costUsd ?? 0) + cost;
  const reason = textOf(part['reason']);
  state.fault = null;
  if (reason === 'content-filter') state.end = 'refused';
  else if (reason === 'length') state.end = 'max_tokens';
  // Another step follows, unless it is broken off.
  else state.end = reason === 'tool-calls' || reason === null ? null : 'ok';
}
