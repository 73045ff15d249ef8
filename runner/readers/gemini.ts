import { faultOf } from './fault.ts';
import { countOf, objectOf, say, textOf, type Event, type ReaderState } from './reading.ts';

export const NOT_ALLOWED = /not_registered|policy|denied|not_allowed|approval/i;

/** `gemini --output-format stream-json` */
export function readGemini(state: ReaderState, event: Event, now: Date): boolean {
  switch (event['type']) {
    case 'init':
      state.sessionId = textOf(event['session_id']) ?? state.sessionId;
      return true;
    case 'message':
      if (event['role'] === 'user') state.isTextOpen = false;
      else say(state, textOf(event['content']) ?? '', event['delta'] === true);
      return true;
    case 'tool_use':
      state.toolCalls.add(idOf(event));
      state.isTextOpen = false;
      return true;
    case 'tool_result': {
      const kind = textOf(objectOf(event['error'])['type']) ?? '';
      if (event['status'] === 'error' && NOT_ALLOWED.test(kind)) {
        const output = textOf(event['output']) ?? textOf(objectOf(event['error'])['message']) ?? kind;
        state.denials.set(idOf(event), output);
      }
      return true;
    }
    case 'error':
      if (event['severity'] !== 'warning') state.fault = withoutTypes(faultOf(event, now), 'error', 'unknown');
      return true;
    case 'result':
      readResult(state, event, now);
      return true;
    default:
      return false;
  }
}

function readResult(state: ReaderState, event: Event, now: Date): void {
  const stats = objectOf(event['stats']);
  state.usage = {
    inputTokens: countOf(stats['input_tokens']),
    cachedInputTokens: countOf(stats['cached']),
    outputTokens: countOf(stats['output_tokens']),
  };
  if (event['status'] === 'success') {
    state.end = 'ok';
    state.fault = null;
    return;
  }
  state.end = 'failed';
  const fault = withoutTypes(faultOf({ error: event['error'] }, now), 'unknown');
  if (fault.words !== '' || state.fault === null) state.fault = fault;
}

function withoutTypes(fault: ReturnType<typeof faultOf>, ...names: string[]): ReturnType<typeof faultOf> {
  return { ...fault, codes: fault.codes.filter((code) => !names.includes(code)) };
}

function idOf(event: Event): string {
  return textOf(event['tool_id']) ?? textOf(event['tool_name']) ?? 'a tool';
}
