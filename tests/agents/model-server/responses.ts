import { firstOf, listOf, openEvents, REFUSAL, TOKENS, type Body, type Call, type Failure, type Wire } from './wire.ts';

const USAGE = {
  input_tokens: TOKENS.input,
  input_tokens_details: { cached_tokens: TOKENS.cached },
  output_tokens: TOKENS.output,
  output_tokens_details: { reasoning_tokens: 0 },
  total_tokens: TOKENS.input + TOKENS.output,
};

/** OpenAI's Responses. */
export const responses: Wire = {
  owns: (path) => path.endsWith('/responses'),
  read(body) {
    const input = listOf(body['input']);
    const lastWords = input.findLastIndex(({ type, role }) => type === 'message' && role === 'user');
    return {
      tools: listOf(body['tools']).map(({ name, type }) => String(name ?? type)),
      toolAnswers: input.slice(lastWords + 1).filter(({ type }) => String(type).endsWith('_call_output')).length,
      isStreamed: body['stream'] === true,
    };
  },
  callFor(job, tools) {
    if ('write' in job && tools.includes('apply_patch')) {
      const lines = job.content
        .trimEnd()
        .split('\n')
        .map((line) => `+${line}\n`);
      return {
        name: 'apply_patch',
        input: { input: `*** Begin Patch\n*** Add File: ${job.write}\n${lines.join('')}*** End Patch\n` },
      };
    }
    const command = 'shell' in job ? job.shell : `printf %s '${job.content}' > ${job.write}`;
    const [name, input] = firstOf<Call['input']>(tools, {
      exec_command: { cmd: command },
      shell_command: { command },
      shell: { command: ['bash', '-lc', command] },
    });
    return { name, input };
  },
  open(response, body, number) {
    const send = openEvents(response);
    const output: Body[] = [];
    const event = (type: string, data: Body): void => send({ type, ...data }, type);
    const whole = (status: string): Body => ({
      id: `resp_${number}`,
      object: 'response',
      status,
      model: body['model'],
      output,
    });
    const add = (item: Body, ...pieces: Body[]): void => {
      const place = { output_index: output.length };
      event('response.output_item.added', { ...place, item: { ...item, content: [] } });
      for (const { type, ...piece } of pieces)
        event(String(type), { ...place, item_id: item['id'], content_index: 0, ...piece });
      event('response.output_item.done', { ...place, item });
      output.push(item);
    };
    const message = (content: Body): Body => ({
      id: `msg_${number}_${output.length}`,
      type: 'message',
      role: 'assistant',
      status: 'completed',
      content: [content],
    });
    const end = (): void => {
      event('response.completed', { response: { ...whole('completed'), usage: USAGE } });
      response.end();
    };
    event('response.created', { response: whole('in_progress') });
    return {
      say: (text) =>
        add(message({ type: 'output_text', text, annotations: [] }), {
          type: 'response.output_text.delta',
          delta: text,
        }),
      call({ name, input }) {
        const tool = listOf(body['tools']).find((one) => one['name'] === name);
        const base = { id: `fc_${number}`, call_id: `call_${number}`, status: 'completed', name };
        if (tool?.['type'] === 'custom') add({ ...base, type: 'custom_tool_call', ...input });
        else add({ ...base, type: 'function_call', arguments: JSON.stringify(input) });
      },
      end,
      refuse() {
        add(message({ type: 'refusal', refusal: REFUSAL }), { type: 'response.refusal.delta', delta: REFUSAL });
        end();
      },
    };
  },
  aside: () => ({ object: 'response', status: 'completed', output: [], usage: USAGE }),
  fail(fault, resetsAt): Failure {
    switch (fault) {
      case 'quota':
        return {
          status: 429,
          body: { error: { type: 'usage_limit_reached', message: 'No use is left', resets_at: resetsAt } },
        };
      case 'signed-out':
        return {
          status: 401,
          body: {
            error: { message: 'Incorrect API key provided', type: 'invalid_request_error', code: 'invalid_api_key' },
          },
        };
      case 'broken':
        return { status: 500, body: { error: { message: 'Something went wrong here', type: 'server_error' } } };
      case 'full':
        return {
          status: 400,
          body: {
            error: {
              message: 'The input is longer than the context window',
              type: 'invalid_request_error',
              code: 'context_length_exceeded',
            },
          },
        };
    }
  },
};
