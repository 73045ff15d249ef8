import { faultOf } from './fault.ts';
import { countOf, objectOf, say, textOf, type Event, type ReaderState } from './reading.ts';

/** Said while it tries again by itself. */
export const TRIES_AGAIN = /^\s*(?:reconnecting|retrying|falling back|stream error)\b/i;
/** Items that are neither words for people nor work. */
const NO_WORK = new Set(['reasoning', 'error', 'todo_list', 'plan']);

/** `codex exec --json` */
export function readCodex(state: ReaderState, event: Event, now: Date): boolean {
  switch (event['type']) {
    case 'thread.started':
      state.sessionId = textOf(event['thread_id']) ?? state.sessionId;
      return true;
    case 'turn.started':
      state.end = null;
      state.fault = null;
      return true;
    case 'item.started':
    case 'item.updated':
    case 'item.completed':
      readItem(state, objectOf(event['item']), event['type'] === 'item.completed');
      return true;
    case 'error': {
      const fault = faultOf(event, now);
      fault.codes = fault.codes.filter((code) => code !== 'error');
      if (TRIES_AGAIN.test(fault.words)) state.retried = fault;
      else state.fault = fault;
      return true;
    }
    case 'turn.completed': {
      const usage = objectOf(event['usage']);
      state.isUsageOfSession = true;
      state.usage = {
        inputTokens: countOf(usage['input_tokens']),
        cachedInputTokens: countOf(usage['cached_input_tokens']),
        outputTokens: countOf(usage['output_tokens']),
      };
      state.end = 'ok';
      state.fault = null;
      return true;
    }
    case 'turn.failed':
    case 'turn.aborted': {
      const { type: _type, ...said } = event;
      const fault = faultOf(said, now);
      // The error before it may know more: a code, or a time.
      if (fault.words !== '' || state.fault === null)
        state.fault = { ...fault, resetsAt: fault.resetsAt ?? state.fault?.resetsAt ?? null };
      state.end = 'failed';
      return true;
    }
    default:
      return false;
  }
}

function readItem(state: ReaderState, item: Event, isDone: boolean): void {
  const type = textOf(item['type']) ?? textOf(item['item_type']);
  if (type === null || NO_WORK.has(type)) return;
  if (type === 'agent_message' || type === 'assistant_message') {
    if (isDone) say(state, textOf(item['text']) ?? '');
    return;
  }
  const id = textOf(item['id']) ?? `${state.toolCalls.size}`;
  state.toolCalls.add(id);
  state.isTextOpen = false;
  if (item['status'] === 'declined') state.denials.set(id, textOf(item['command']) ?? type);
}
