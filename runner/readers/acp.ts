import { readClaude } from './claude.ts';
import { faultOf } from './fault.ts';
import { NOT_ALLOWED } from './opencode.ts';
import {
  addUsage,
  amountOf,
  countOf,
  objectOf,
  say,
  textOf,
  type Event,
  type Fault,
  type ReaderState,
  type Usage,
} from './reading.ts';

/** Claude's words for a call that a person did not allow. */
const NOT_WANTED = /user refused permission|user (?:doesn't|does not) want to proceed/i;
/** In answers of JSON-RPC: the agent has to be signed in. */
const SIGN_IN_FIRST = -32000;

/** What a live agent says: the Agent Client Protocol, of which only its own half is read. */
export function readAcp(state: ReaderState, event: Event, now: Date): boolean {
  if (event['jsonrpc'] !== '2.0') return false;
  const params = objectOf(event['params']);
  switch (event['method']) {
    case undefined:
      readAnswer(state, event, now);
      break;
    case 'session/update':
      state.sessionId = textOf(params['sessionId']) ?? state.sessionId;
      if (state.live.isOpen) readUpdate(state, objectOf(params['update']), now);
      break;
    case 'session/request_permission': {
      const call = objectOf(params['toolCall']);
      const id = textOf(call['toolCallId']);
      if (state.live.isOpen && id !== null) state.live.asked.set(id, textOf(call['title']) ?? id);
      break;
    }
    case '_claude/sdkMessage':
      if (state.live.isOpen)
        state.live.tellsRaw = readClaude(state, objectOf(params['message']), now) || state.live.tellsRaw;
      break;
    default:
  }
  return true;
}

/** Answers carry no method: the first is about the protocol, the next good one opens the session, the others end turns. */
function readAnswer(state: ReaderState, event: Event, now: Date): void {
  const { live } = state;
  const result = objectOf(event['result']);
  if (event['error'] !== undefined) {
    // Claude's own stream has said it already, and more exactly.
    if (!(live.tellsRaw && state.end === 'failed')) state.fault = faultOfError(objectOf(event['error']), now);
    state.end = 'failed';
  } else if ('protocolVersion' in result) {
    live.agent = (textOf(objectOf(result['agentInfo'])['name']) ?? '').toLowerCase();
  } else if (!live.isOpen) {
    live.isOpen = true;
    state.sessionId = textOf(result['sessionId']) ?? state.sessionId;
    // An old session that is gone was an error, until there was a new one.
    state.end = null;
    state.fault = null;
  } else if (textOf(result['stopReason']) !== null) endTurn(state, result, now);
}

function endTurn(state: ReaderState, result: Event, now: Date): void {
  const { live } = state;
  const usage = usageOf(result);
  if (!live.tellsRaw && usage !== null) addUsage(state, usage);
  state.isTextOpen = false;
  const stop = result['stopReason'];
  const failure = sessionFailure(result);
  if (stop === 'refusal') state.end = 'refused';
  else if (stop === 'max_tokens' || stop === 'max_turn_requests') state.end = 'max_tokens';
  else if (live.tellsRaw && state.end === 'failed') return;
  else if (failure !== null) fail(state, faultOfFailure(failure, now));
  else if (live.isFailing) fail(state, { ...faultOf(live.notice, now), codes: state.retried?.codes ?? [] });
  else if (stop === 'cancelled' && live.asked.size === 0) fail(state, faultOf('The agent broke its turn off.', now));
  else {
    // What it asked for and never did: Codex breaks its turn off when it may not.
    if (stop === 'cancelled') for (const [id, title] of live.asked) deny(state, id, title);
    state.end = 'ok';
    state.fault = null;
  }
}

function fail(state: ReaderState, fault: Fault): void {
  state.end = 'failed';
  state.fault = fault;
}

function readUpdate(state: ReaderState, update: Event, now: Date): void {
  const { live } = state;
  switch (update['sessionUpdate']) {
    case 'agent_message_chunk':
      readPiece(state, update);
      break;
    case 'tool_call':
    case 'tool_call_update':
      readCall(state, update);
      break;
    case 'usage_update': {
      const cost = amountOf(objectOf(update['cost'])['amount']);
      if (cost === null || live.tellsRaw) break;
      state.costUsd = cost;
      // Others count from where their process began.
      state.isCostOfSession = live.agent.includes('opencode');
      break;
    }
    case 'session_info_update': {
      const codex = objectOf(objectOf(update['_meta'])['codex']);
      const status = objectOf(codex['threadStatus'])['type'];
      if (status !== undefined) live.isFailing = status === 'systemError';
      if (codex['error'] !== undefined) state.retried = faultOf(codex['error'], now);
      break;
    }
    default:
  }
}

function readPiece(state: ReaderState, update: Event): void {
  const text = textOf(objectOf(update['content'])['text']);
  if (text === null) return;
  if (isNotice(state.live.agent, update)) {
    state.live.notice = text.trim();
    return;
  }
  beginTurn(state);
  if (state.live.tellsRaw) return;
  const id = textOf(update['messageId']);
  if (id !== state.live.messageId) state.isTextOpen = false;
  state.live.messageId = id;
  say(state, text, true);
}

/** Codex's own adapter puts warnings and errors among the words of the model; these alone have an id. */
export function isNotice(agent: string, update: Event): boolean {
  return agent.includes('codex') && textOf(update['messageId']) === null;
}

function readCall(state: ReaderState, update: Event): void {
  const id = textOf(update['toolCallId']);
  if (id === null) return;
  if (update['sessionUpdate'] === 'tool_call') beginTurn(state);
  state.toolCalls.add(id);
  state.isTextOpen = false;
  const { status } = update;
  const title = state.live.asked.get(id);
  if (status === 'failed' && isDenied(update)) deny(state, id, title ?? textOf(update['title']) ?? id);
  if (status === 'completed' || status === 'failed') state.live.asked.delete(id);
}

/** Whether a call that failed was one that was not allowed. */
export function isDenied(update: Event): boolean {
  const words = JSON.stringify([update['rawOutput'], update['content']]);
  return NOT_ALLOWED.test(words) || NOT_WANTED.test(words);
}

/** Work after the end of a turn is that of the next one, which has not ended. */
function beginTurn(state: ReaderState): void {
  if (state.end === null || state.live.tellsRaw) return;
  state.end = null;
  // Whoever was denied something and then told to go on is judged by what came of that.
  state.toolCalls.clear();
  state.denials.clear();
  state.live.asked.clear();
}

function deny(state: ReaderState, id: string, title: string): void {
  state.toolCalls.add(id);
  state.denials.set(id, title);
}

function usageOf(result: Event): Usage | null {
  const usage = objectOf(result['usage']);
  const cached = countOf(usage['cachedReadTokens']);
  const input = countOf(usage['inputTokens']) + countOf(usage['cachedWriteTokens']) + cached;
  if (input > 0) {
    // Some count thoughts apart: what is in the total and was not put in came out.
    const output = Math.max(countOf(usage['outputTokens']), countOf(usage['totalTokens']) - input);
    return { inputTokens: input, cachedInputTokens: cached, outputTokens: output };
  }
  const count = objectOf(objectOf(objectOf(result['_meta'])['quota'])['token_count']);
  const said = countOf(count['input_tokens']);
  return said === 0 ? null : { inputTokens: said, cachedInputTokens: 0, outputTokens: countOf(count['output_tokens']) };
}

/** Told where the client says that it understands it: an error, beside a stop that looks good. */
export function sessionFailure(result: Event): Event | null {
  const air = objectOf(objectOf(objectOf(result['_meta'])['jetbrains'])['air']);
  const failure = objectOf(air['sessionFailure']);
  return textOf(failure['title']) === null || failure['severity'] === 'warning' ? null : failure;
}

function faultOfFailure(failure: Event, now: Date): Fault {
  const fault = faultOf({ message: failure['title'] }, now);
  const isRate = /rate.?limit|too many requests/i.test(fault.words);
  return { ...fault, codes: failure['category'] === 'limit' && !isRate ? ['usage_limit'] : [] };
}

function faultOfError(error: Event, now: Date): Fault {
  const data = objectOf(error['data']);
  const { code } = error;
  // 500 is what an adapter puts where it knows nothing: the words know more.
  const said = { message: error['message'], data, ...(code === 500 ? {} : { code }) };
  const fault = faultOf({ ...said, type: data['errorKind'], detail: data['details'] }, now);
  const signIn = code === SIGN_IN_FIRST ? ['authentication_required'] : [];
  return { ...fault, codes: [...signIn, ...fault.codes] };
}
