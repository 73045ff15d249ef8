import { listOf, openEvents, REFUSAL, TOKENS, type Body, type Failure, type Wire } from './wire.ts';

const USAGE = {
  prompt_tokens: TOKENS.input,
  completion_tokens: TOKENS.output,
  total_tokens: TOKENS.input + TOKENS.output,
  prompt_tokens_details: { cached_tokens: TOKENS.cached },
};

/** OpenAI's chat completions, which many providers speak. */
export const chatCompletions: Wire = {
  owns: (path) => path.endsWith('/chat/completions'),
  read(body) {
    const all = listOf(body['messages']);
    const lastWords = all.findLastIndex(({ role }) => role === 'user');
    return {
      tools: listOf(body['tools']).map((tool) => String((tool['function'] as Body | undefined)?.['name'])),
      toolAnswers: all.slice(lastWords + 1).filter(({ role }) => role === 'tool').length,
      isStreamed: body['stream'] === true,
    };
  },
  callFor(job, _tools, folder) {
    return 'shell' in job
      ? { name: 'bash', input: { command: job.shell, description: 'Run a command' } }
      : { name: 'write', input: { filePath: `${folder}/${job.write}`, content: job.content } };
  },
  open(response, body, number) {
    const send = openEvents(response);
    let reason = 'stop';
    const piece = (choices: Body[], more: Body = {}): void =>
      send({
        id: `chat_${number}`,
        object: 'chat.completion.chunk',
        created: 1,
        model: body['model'],
        choices,
        ...more,
      });
    const delta = (change: Body, finish: string | null = null): void =>
      piece([{ index: 0, delta: change, finish_reason: finish }]);
    const end = (): void => {
      delta({}, reason);
      piece([], { usage: USAGE });
      send('[DONE]');
      response.end();
    };
    return {
      say: (text) => delta({ role: 'assistant', content: text }),
      call({ name, input }) {
        reason = 'tool_calls';
        const call = { name, arguments: JSON.stringify(input) };
        delta({ tool_calls: [{ index: 0, id: `call_${number}`, type: 'function', function: call }] });
      },
      end,
      refuse() {
        reason = 'content_filter';
        delta({ role: 'assistant', content: REFUSAL });
        end();
      },
    };
  },
  aside: (body) => ({
    id: 'chat_aside',
    object: 'chat.completion',
    created: 1,
    model: body['model'],
    choices: [{ index: 0, message: { role: 'assistant', content: 'A title' }, finish_reason: 'stop' }],
    usage: USAGE,
  }),
  fail(fault): Failure {
    const error = (message: string, code: string): Body => ({ error: { message, type: code, code } });
    switch (fault) {
      // With a time in `retry-after` opencode would wait for it, without a word.
      case 'quota':
        return { status: 429, body: error('No quota is left', 'insufficient_quota') };
      case 'signed-out':
        return { status: 401, body: error('Incorrect API key provided', 'invalid_api_key') };
      case 'broken':
        return { status: 500, body: error('Something went wrong here', 'server_error') };
      case 'full':
        return { status: 400, body: error('The input is longer than the context window', 'context_length_exceeded') };
    }
  },
};
