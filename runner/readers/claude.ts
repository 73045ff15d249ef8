import { faultOf } from './fault.ts';
import {
  addUsage,
  amountOf,
  countOf,
  listOf,
  objectOf,
  say,
  textOf,
  type Event,
  type ReaderState,
  type Usage,
} from './reading.ts';
import { timeOfNumber } from './reset-time.ts';

/** `claude -p --output-format stream-json --verbose` */
export function readClaude(state: ReaderState, event: Event, now: Date): boolean {
  switch (event['type']) {
    case 'system':
      readSystem(state, event, now);
      break;
    case 'assistant':
      readAssistant(state, event, now);
      break;
    case 'rate_limit_event':
      readLimit(state, objectOf(event['rate_limit_info']), now);
      break;
    case 'result':
      readResult(state, event, now);
      break;
    case 'user':
    case 'stream_event':
    case 'tool_progress':
    case 'auth_status':
      break;
    default:
      return false;
  }
  state.sessionId = textOf(event['session_id']) ?? state.sessionId;
  return true;
}

function readSystem(state: ReaderState, event: Event, now: Date): void {
  if (event['subtype'] === 'api_retry')
    state.retried = faultOf({ status: event['error_status'], error: event['error'] }, now);
  if (event['subtype'] === 'permission_denied')
    deny(state, event['tool_use_id'], textOf(event['tool_name']) ?? 'a tool', null);
}

function readAssistant(state: ReaderState, event: Event, now: Date): void {
  const message = objectOf(event['message']);
  const isError = event['is_api_error_message'] === true || textOf(event['error']) !== null;
  if (message['stop_reason'] === 'refusal') state.end = 'refused';
  const parts = listOf(message['content']).map(objectOf);
  if (isError) {
    const words = parts.map((part) => textOf(part['text']) ?? '').join(' ');
    const { error, api_error_type: type, api_error_status: status } = event;
    state.retried = faultOf({ status, type, error, message: words }, now);
    return;
  }
  // What one of its helpers says is for the agent, not for people.
  const isOwn = textOf(event['parent_tool_use_id']) === null;
  for (const part of parts) {
    if (part['type'] === 'text' && isOwn) say(state, textOf(part['text']) ?? '');
    if (part['type'] === 'tool_use') state.toolCalls.add(textOf(part['id']) ?? `${state.toolCalls.size}`);
  }
}

function readLimit(state: ReaderState, info: Event, now: Date): void {
  // Warnings come as well, long before anything is used up.
  if (info['status'] !== 'rejected') state.limit = null;
  else {
    const resetsAt = timeOfNumber(info['resetsAt'] ?? info['resets_at'], now);
    state.limit = { status: 429, codes: ['usage_limit'], words: '', resetsAt };
  }
}

function readResult(state: ReaderState, event: Event, now: Date): void {
  const words = textOf(event['result']);
  const subtype = textOf(event['subtype']) ?? '';
  const isError = typeof event['is_error'] === 'boolean' ? event['is_error'] : subtype !== 'success';
  const stop = textOf(event['stop_reason']);
  addUsage(state, usageOf(event));
  const cost = costOf(event);
  state.costUsd = cost === null ? state.costUsd : cost.isTotal ? cost.usd : (state.costUsd ?? 0) + cost.usd;
  state.isCostOfSession = cost?.isTotal ?? state.isCostOfSession;
  for (const denial of listOf(event['permission_denials']).map(objectOf)) {
    const tool = textOf(denial['tool_name']) ?? 'a tool';
    deny(state, denial['tool_use_id'], tool, objectOf(denial['tool_input']));
  }
  if (stop === 'refusal') state.end = 'refused';
  else if (stop === 'max_tokens' || subtype === 'error_max_turns') state.end = 'max_tokens';
  else state.end = isError ? 'failed' : 'ok';
  if (!isError) {
    if (words !== null) say(state, words);
    state.fault = null;
    return;
  }
  const { api_error_status: status, api_error_type: type, errors, error, terminal_reason: terminal } = event;
  const codes = [subtype.startsWith('error') ? subtype : null, textOf(terminal)].filter((code) => code !== 'api_error');
  const fault = faultOf({ status, type, error, message: words ?? listOf(errors).join(' ') }, now);
  const said = [...codes.filter((code) => code !== null), ...fault.codes, ...(state.retried?.codes ?? [])];
  // It is this limit that ended it, unless another status says otherwise. Its number is exact, and words are not.
  const limit = fault.status === null || fault.status === 429 ? state.limit : null;
  state.fault = {
    status: fault.status ?? state.retried?.status ?? null,
    codes: [...said, ...(limit?.codes ?? [])],
    words: fault.words,
    resetsAt: limit?.resetsAt ?? fault.resetsAt,
  };
}

function deny(state: ReaderState, id: unknown, tool: string, input: Event | null): void {
  const key = textOf(id) ?? `denied ${state.denials.size}`;
  const asked = input && (textOf(input['command']) ?? textOf(input['file_path']) ?? textOf(input['url']));
  if (!state.denials.has(key) || asked) state.denials.set(key, asked ? `${tool}(${asked})` : tool);
}

function usageOf(event: Event): Usage {
  const usage = objectOf(event['usage']);
  const cached = countOf(usage['cache_read_input_tokens']);
  return {
    inputTokens: countOf(usage['input_tokens']) + countOf(usage['cache_creation_input_tokens']) + cached,
    cachedInputTokens: cached,
    outputTokens: countOf(usage['output_tokens']),
  };
}

/** `total_cost_usd` is the whole session's, over all its resumptions; what the last turn cost stands by model. */
function costOf(event: Event): { usd: number; isTotal: boolean } | null {
  const models = Object.values(objectOf(event['model_usage_since_last_result'])).map(objectOf);
  const costs = models.map((model) => amountOf(model['costUSD'])).filter((usd) => usd !== null);
  if (costs.length > 0) return { usd: costs.reduce((sum, usd) => sum + usd, 0), isTotal: false };
  const usd = amountOf(event['total_cost_usd']);
  return usd === null ? null : { usd, isTotal: true };
}
