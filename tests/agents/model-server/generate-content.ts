import { listOf, openEvents, TOKENS, type Body, type Failure, type Wire } from './wire.ts';

const USAGE = {
  promptTokenCount: TOKENS.input,
  cachedContentTokenCount: TOKENS.cached,
  candidatesTokenCount: TOKENS.output,
  totalTokenCount: TOKENS.input + TOKENS.output,
};
const answersOf = (content: Body): Body[] => listOf(content['parts']).filter((part) => 'functionResponse' in part);
const candidate = (parts: Body[], finishReason?: string): Body => ({
  candidates: [{ content: { role: 'model', parts }, index: 0, ...(finishReason !== undefined && { finishReason }) }],
  usageMetadata: USAGE,
});

/** Gemini's generateContent, streamed or not. */
export const generateContent: Wire = {
  owns: (path) => /:(?:streamG|g)enerateContent$/.test(path),
  read(body, path) {
    const contents = listOf(body['contents']);
    const lastWords = contents.findLastIndex((one) => one['role'] === 'user' && answersOf(one).length === 0);
    return {
      tools: listOf(body['tools'])
        .flatMap((tool) => listOf(tool['functionDeclarations']))
        .map(({ name }) => String(name)),
      toolAnswers: contents.slice(lastWords + 1).flatMap(answersOf).length,
      isStreamed: path.endsWith(':streamGenerateContent'),
    };
  },
  callFor(job, _tools, folder) {
    return 'shell' in job
      ? { name: 'run_shell_command', input: { command: job.shell, description: 'Run a command' } }
      : { name: 'write_file', input: { file_path: `${folder}/${job.write}`, content: job.content } };
  },
  open(response) {
    const send = openEvents(response);
    const end = (reason: string): void => {
      send(candidate([{ text: '' }], reason));
      response.end();
    };
    return {
      say: (text) => send(candidate([{ text }])),
      call: ({ name, input }) => send(candidate([{ functionCall: { name, args: input } }])),
      end: () => end('STOP'),
      refuse: () => end('SAFETY'),
    };
  },
  aside: () => candidate([{ text: '{"title":"A title"}' }], 'STOP'),
  fail(fault, resetsAt): Failure {
    const error = (code: number, status: string, message: string, details: Body[] = []): Failure => ({
      status: code,
      body: { error: { code, status, message, details } },
    });
    const type = (name: string): Body => ({ '@type': `type.googleapis.com/google.rpc.${name}` });
    switch (fault) {
      case 'quota': {
        const seconds = Math.round(resetsAt - Date.now() / 1000);
        return error(429, 'RESOURCE_EXHAUSTED', `No quota is left. Please retry in ${seconds}s.`, [
          {
            ...type('QuotaFailure'),
            violations: [{ quotaId: 'GenerateRequestsPerDayPerProjectPerModel', quotaValue: '250' }],
          },
          { ...type('RetryInfo'), retryDelay: `${seconds}s` },
        ]);
      }
      case 'signed-out':
        return error(400, 'INVALID_ARGUMENT', 'API key not valid. Please pass a valid API key.', [
          { ...type('ErrorInfo'), reason: 'API_KEY_INVALID', domain: 'googleapis.com' },
        ]);
      case 'broken':
        return error(500, 'INTERNAL', 'Something went wrong here');
      case 'full':
        return error(
          400,
          'INVALID_ARGUMENT',
          'The input token count (2100000) exceeds the maximum number of tokens allowed (1048576).',
        );
    }
  },
};
