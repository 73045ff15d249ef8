/** Streams of the programs, in the shapes that they print and in our own words. */
export type Line = Record<string, unknown>;

export const codex = {
  started: (): Line => ({ type: 'thread.started', thread_id: 'thread-1' }),
  turn: (): Line => ({ type: 'turn.started' }),
  said: (text: string): Line => ({ type: 'item.completed', item: { id: 'item_1', type: 'agent_message', text } }),
  ran: (command: string): Line => ({
    type: 'item.completed',
    item: {
      id: 'item_2',
      type: 'command_execution',
      command,
      aggregated_output: 'fine',
      exit_code: 0,
      status: 'completed',
    },
  }),
  warned: (message: string): Line => ({ type: 'item.completed', item: { id: 'item_0', type: 'error', message } }),
  error: (message: string): Line => ({ type: 'error', message }),
  failed: (message: string): Line => ({ type: 'turn.failed', error: { message } }),
  done: (): Line => ({
    type: 'turn.completed',
    usage: { input_tokens: 900, cached_input_tokens: 300, output_tokens: 70, reasoning_output_tokens: 9 },
  }),
};

export const claude = {
  init: (): Line => ({
    type: 'system',
    subtype: 'init',
    session_id: 'session-1',
    model: 'some-model',
    tools: ['Bash'],
  }),
  said: (text: string): Line => assistant([{ type: 'text', text }]),
  asked: (id: string, name: string, input: Line): Line => assistant([{ type: 'tool_use', id, name, input }]),
  apiError: (text: string, more: Line): Line => ({
    ...assistant([{ type: 'text', text }]),
    is_api_error_message: true,
    ...more,
  }),
  retry: (status: number | null, error: string): Line => ({
    type: 'system',
    subtype: 'api_retry',
    attempt: 1,
    error_status: status,
    error,
    session_id: 'session-1',
  }),
  limit: (status: string, resetsAt: number): Line => ({
    type: 'rate_limit_event',
    rate_limit_info: { status, resetsAt, rateLimitType: 'five_hour' },
    session_id: 'session-1',
  }),
  denied: (id: string): Line => ({ type: 'system', subtype: 'permission_denied', tool_name: 'Bash', tool_use_id: id }),
  // The type stands far behind: a program may put its keys as it likes.
  result: (more: Line = {}): Line => ({
    duration_api_ms: 5,
    stop_reason: 'end_turn',
    session_id: 'session-1',
    total_cost_usd: 0.75,
    usage: { input_tokens: 100, cache_creation_input_tokens: 50, cache_read_input_tokens: 250, output_tokens: 40 },
    permission_denials: [],
    is_error: false,
    subtype: 'success',
    api_error_status: null,
    result: 'The greeting is there.',
    type: 'result',
    model_usage_since_last_result: { 'some-model': { costUSD: 0.25 } },
    ...more,
  }),
};

function assistant(content: Line[]): Line {
  return {
    type: 'assistant',
    message: { role: 'assistant', content, stop_reason: null, usage: { input_tokens: 1, output_tokens: 1 } },
    parent_tool_use_id: null,
    session_id: 'session-1',
  };
}

export const gemini = {
  init: (): Line => ({ type: 'init', session_id: 'session-1', model: 'auto' }),
  task: (): Line => ({ type: 'message', role: 'user', content: 'Do the task.' }),
  said: (content: string): Line => ({ type: 'message', role: 'assistant', content, delta: true }),
  asked: (id: string): Line => ({ type: 'tool_use', tool_name: 'write_file', tool_id: id, parameters: {} }),
  answered: (id: string, error: Line | null = null): Line => ({
    type: 'tool_result',
    tool_id: id,
    status: error ? 'error' : 'success',
    ...(error ? { output: 'That tool is not there.', error } : {}),
  }),
  error: (message: string): Line => ({ type: 'error', severity: 'error', message }),
  result: (error: Line | null = null, status = error ? 'error' : 'success'): Line => ({
    type: 'result',
    status,
    ...(error ? { error } : {}),
    stats: { total_tokens: 500, input_tokens: 400, output_tokens: 60, cached: 150, tool_calls: 1 },
  }),
};

export const opencode = {
  start: (): Line => ({ type: 'step_start', sessionID: 'ses_1', part: { type: 'step-start' } }),
  said: (text: string): Line => ({ type: 'text', sessionID: 'ses_1', part: { type: 'text', text } }),
  /** Words of its own to the model, such as after a summary. */
  told: (text: string): Line => ({ type: 'text', sessionID: 'ses_1', part: { type: 'text', synthetic: true, text } }),
  ran: (callID: string, error: string | null = null): Line => ({
    type: 'tool_use',
    sessionID: 'ses_1',
    part: {
      type: 'tool',
      tool: 'bash',
      callID,
      state: { status: error ? 'error' : 'completed', input: { command: 'make' }, error },
    },
  }),
  finish: (reason: string): Line => ({
    type: 'step_finish',
    sessionID: 'ses_1',
    part: { reason, tokens: { input: 100, output: 20, reasoning: 5, cache: { write: 0, read: 300 } }, cost: 0.125 },
  }),
  error: (name: string, data: Line): Line => ({ type: 'error', sessionID: 'ses_1', error: { name, data } }),
};

const rpc = (message: Line): Line => ({ jsonrpc: '2.0', ...message });
const acpUpdate = (sessionUpdate: string, more: Line): Line =>
  rpc({ method: 'session/update', params: { sessionId: 'session-9', update: { sessionUpdate, ...more } } });

/** What a live agent writes, whoever it is. */
export const acp = {
  hello: (name = 'some-agent'): Line => rpc({ id: 'r0', result: { protocolVersion: 1, agentInfo: { name } } }),
  session: (): Line => rpc({ id: 'r1', result: { sessionId: 'session-9' } }),
  loaded: (): Line => rpc({ id: 'r1', result: { modes: null } }),
  update: acpUpdate,
  piece: (text: string, messageId?: string): Line =>
    acpUpdate('agent_message_chunk', { content: { type: 'text', text }, messageId }),
  called: (toolCallId: string, more: Line = {}): Line =>
    acpUpdate('tool_call', { toolCallId, kind: 'execute', title: 'make', status: 'pending', ...more }),
  went: (toolCallId: string, status: string, more: Line = {}): Line =>
    acpUpdate('tool_call_update', { toolCallId, status, ...more }),
  asks: (toolCallId: string): Line =>
    rpc({
      id: 0,
      method: 'session/request_permission',
      params: { sessionId: 'session-9', toolCall: { toolCallId, title: 'make' }, options: [] },
    }),
  raw: (message: Line): Line => rpc({ method: '_claude/sdkMessage', params: { sessionId: 'session-9', message } }),
  stopped: (stopReason: string, more: Line = {}): Line => rpc({ id: 'r2', result: { stopReason, ...more } }),
  error: (code: number, message: string, data: Line = {}): Line => rpc({ id: 'r2', error: { code, message, data } }),
};

export function printed(lines: readonly Line[], end = '\n'): string {
  return lines.map((line) => JSON.stringify(line) + end).join('');
}
