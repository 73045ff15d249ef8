import { listOf, openEvents, REFUSAL, TOKENS, type Body, type Failure, type Wire } from './wire.ts';

const USAGE = {
  input_tokens: TOKENS.input - TOKENS.cached,
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: TOKENS.cached,
  output_tokens: TOKENS.output,
};
const answersOf = (message: Body): Body[] => listOf(message['content']).filter(({ type }) => type === 'tool_result');

/** Anthropic's Messages. */
export const messages: Wire = {
  owns: (path) => path.endsWith('/messages'),
  read(body) {
    const all = listOf(body['messages']);
    const lastWords = all.findLastIndex((one) => one['role'] === 'user' && answersOf(one).length === 0);
    return {
      tools: listOf(body['tools']).map(({ name }) => String(name)),
      toolAnswers: all.slice(lastWords + 1).flatMap(answersOf).length,
      isStreamed: body['stream'] === true,
    };
  },
  callFor(job, _tools, folder) {
    return 'shell' in job
      ? { name: 'Bash', input: { command: job.shell, description: 'Run a command' } }
      : { name: 'Write', input: { file_path: `${folder}/${job.write}`, content: job.content } };
  },
  open(response, body, number) {
    const send = openEvents(response);
    const event = (type: string, data: Body): void => send({ type, ...data }, type);
    let index = 0;
    let stopReason = 'end_turn';
    const block = (start: Body, delta: Body): void => {
      event('content_block_start', { index, content_block: start });
      event('content_block_delta', { index, delta });
      event('content_block_stop', { index });
      index += 1;
    };
    const say = (text: string): void => block({ type: 'text', text: '' }, { type: 'text_delta', text });
    const end = (): void => {
      event('message_delta', { delta: { stop_reason: stopReason, stop_sequence: null }, usage: USAGE });
      event('message_stop', {});
      response.end();
    };
    event('message_start', {
      message: {
        id: `msg_${number}`,
        type: 'message',
        role: 'assistant',
        model: body['model'],
        content: [],
        stop_reason: null,
        stop_sequence: null,
        usage: { ...USAGE, output_tokens: 1 },
      },
    });
    return {
      say,
      call({ name, input }) {
        stopReason = 'tool_use';
        const start = { type: 'tool_use', id: `toolu_${number}`, name, input: {} };
        block(start, { type: 'input_json_delta', partial_json: JSON.stringify(input) });
      },
      end,
      refuse() {
        stopReason = 'refusal';
        say(REFUSAL);
        end();
      },
    };
  },
  aside: (body) => ({
    id: 'msg_aside',
    type: 'message',
    role: 'assistant',
    model: body['model'],
    content: [{ type: 'text', text: 'A title' }],
    stop_reason: 'end_turn',
    stop_sequence: null,
    usage: USAGE,
  }),
  fail(fault, resetsAt): Failure {
    const error = (type: string, message: string): Body => ({ type: 'error', error: { type, message } });
    switch (fault) {
      case 'quota':
        return {
          status: 429,
          body: error('rate_limit_error', 'No use is left for this account'),
          headers: {
            'anthropic-ratelimit-unified-status': 'rejected',
            'anthropic-ratelimit-unified-reset': String(resetsAt),
            'anthropic-ratelimit-unified-representative-claim': 'five_hour',
            'anthropic-ratelimit-unified-fallback': 'unavailable',
            'anthropic-ratelimit-unified-overage-status': 'rejected',
            'anthropic-ratelimit-unified-5h-status': 'rejected',
            'anthropic-ratelimit-unified-5h-reset': String(resetsAt),
            'x-should-retry': 'false',
          },
        };
      case 'signed-out':
        return {
          status: 401,
          body: error('authentication_error', 'invalid bearer token'),
          headers: { 'x-should-retry': 'false' },
        };
      case 'broken':
        return { status: 500, body: error('api_error', 'Something went wrong here') };
      case 'full':
        return {
          status: 400,
          body: error('invalid_request_error', 'prompt is too long: 210000 tokens > 200000 maximum'),
        };
    }
  },
};
