import { describe, expect, test } from 'vitest';
import { MAX_LINE_BYTES } from './json-lines.ts';
import type { AgentProgram } from './event-readers.ts';
import { AgentReader, type Exit } from './read-agent.ts';
import type { Reading, Verdict } from './reading.ts';
import { claude, codex, gemini, opencode, printed, type Line } from './testing/streams.ts';

const NOW = new Date('2026-03-10T12:00:00Z');
const WELL: Exit = { exitCode: 0, signal: null };
const BADLY: Exit = { exitCode: 1, signal: null };
const STOPPED: Exit = { exitCode: null, signal: 'SIGTERM' };

function read(
  program: AgentProgram,
  output: string | Line[],
  exit: Exit,
  { stderr = '', piece = 64 * 1024 } = {},
): Reading {
  const reader = new AgentReader(program, NOW);
  const bytes = Buffer.from(typeof output === 'string' ? output : printed(output));
  for (let at = 0; at < bytes.length; at += piece) reader.push(bytes.subarray(at, at + piece));
  reader.pushStderr(Buffer.from(stderr));
  return reader.end(exit);
}

const codexStart = [codex.started(), codex.warned('Nothing is known of this model.'), codex.turn()];
const codexFails = (message: string): Line[] => [...codexStart, codex.error(message), codex.failed(message)];
const claudeFails = (result: string, more: Line = {}): Line[] => [
  claude.init(),
  claude.apiError(result, { error: 'unknown', ...more }),
  claude.result({ is_error: true, result, terminal_reason: 'api_error', ...more }),
];
const geminiStart = [gemini.init(), gemini.task()];
const geminiFails = (message: string): Line[] => [...geminiStart, gemini.result({ type: 'unknown', message })];
const wrote = { command: 'npm test' };

interface Case {
  name: string;
  program: AgentProgram;
  output: Line[];
  exit: Exit;
  stderr?: string;
  verdict: Verdict;
  resetsAt?: string;
}
const cases: Case[] = [
  {
    name: 'work and words',
    program: 'codex',
    output: [...codexStart, codex.ran('make'), codex.said('It is made.'), codex.done()],
    exit: WELL,
    verdict: 'ok',
  },
  {
    name: 'words alone',
    program: 'codex',
    output: [...codexStart, codex.said('Here is a report.'), codex.done()],
    exit: WELL,
    verdict: 'ok',
  },
  {
    name: 'a turn without an item',
    program: 'codex',
    output: [...codexStart, codex.done()],
    exit: WELL,
    verdict: 'nothing',
  },
  {
    name: 'a connection that came back',
    program: 'codex',
    output: [...codexStart, codex.error('Reconnecting... 2/5 (status 500)'), codex.said('Done.'), codex.done()],
    exit: WELL,
    verdict: 'ok',
  },
  {
    name: 'a key that is not taken',
    program: 'codex',
    output: codexFails('unexpected status 401 Unauthorized: Wrong key'),
    exit: BADLY,
    verdict: 'needs_sign_in',
  },
  {
    name: 'a refresh token that is used up',
    program: 'codex',
    output: codexFails('Your access token could not be refreshed. Please log in again.'),
    exit: BADLY,
    verdict: 'needs_sign_in',
  },
  {
    name: 'a limit with a date',
    program: 'codex',
    output: codexFails('You’ve hit your usage limit. Buy more or try again at Mar 12th, 2026 3:30 PM.'),
    exit: BADLY,
    verdict: 'quota',
    resetsAt: new Date(2026, 2, 12, 15, 30).toISOString(),
  },
  {
    name: 'a limit with a length',
    program: 'codex',
    output: codexFails("You've hit your usage limit. Try again in 2 days 3 hours 5 minutes."),
    exit: BADLY,
    verdict: 'quota',
    resetsAt: '2026-03-12T15:05:00.000Z',
  },
  {
    name: 'a plan that is used up',
    program: 'codex',
    output: codexFails('Quota exceeded. Look at your plan.'),
    exit: BADLY,
    verdict: 'quota',
  },
  {
    name: 'a rate',
    program: 'codex',
    output: codexFails('exceeded retry limit, last status: 429 Too Many Requests'),
    exit: BADLY,
    verdict: 'rate_limited',
  },
  {
    name: 'a server in trouble',
    program: 'codex',
    output: codexFails('We are currently experiencing high demand, which may cause temporary errors.'),
    exit: BADLY,
    verdict: 'overloaded',
  },
  {
    name: 'a gateway in trouble',
    program: 'codex',
    output: codexFails('unexpected status 503 Service Unavailable'),
    exit: BADLY,
    verdict: 'overloaded',
  },
  {
    name: 'a full context',
    program: 'codex',
    output: codexFails("Codex ran out of room in the model's context window."),
    exit: BADLY,
    verdict: 'context_full',
  },
  {
    name: 'an unknown model',
    program: 'codex',
    output: codexFails('The model `x` does not exist or you do not have access to it.'),
    exit: BADLY,
    verdict: 'model_unknown',
  },
  {
    name: 'a cut connection',
    program: 'codex',
    output: codexFails('stream disconnected before completion'),
    exit: BADLY,
    verdict: 'crashed',
  },
  {
    name: 'a stream that breaks off',
    program: 'codex',
    output: [...codexStart, codex.said('I begin.')],
    exit: STOPPED,
    verdict: 'crashed',
  },
  {
    name: 'a code beside the message',
    program: 'codex',
    output: [
      ...codexStart,
      { type: 'turn.failed', error: { message: 'No.', codex_error_info: 'usage_limit_exceeded' } },
    ],
    exit: BADLY,
    verdict: 'quota',
  },

  {
    name: 'work and words',
    program: 'claude',
    output: [claude.init(), claude.said('I begin.'), claude.asked('a', 'Bash', wrote), claude.result()],
    exit: WELL,
    verdict: 'ok',
  },
  {
    name: 'no log-in',
    program: 'claude',
    output: claudeFails('Not logged in · Please run /login', { error: 'authentication_failed' }),
    exit: BADLY,
    verdict: 'needs_sign_in',
  },
  {
    name: 'a wrong key',
    program: 'claude',
    output: claudeFails('No good', { api_error_status: 401, api_error_type: 'authentication_error' }),
    exit: BADLY,
    verdict: 'needs_sign_in',
  },
  {
    name: 'a wrong key, tried again and again',
    program: 'claude',
    output: [claude.init(), claude.retry(401, 'authentication_failed')],
    exit: STOPPED,
    verdict: 'needs_sign_in',
  },
  {
    name: 'a limit of use',
    program: 'claude',
    output: [
      claude.init(),
      claude.limit('rejected', 1773172800),
      ...claudeFails("You've hit your limit", { error: 'rate_limit', api_error_status: 429 }).slice(1),
    ],
    exit: BADLY,
    verdict: 'quota',
    resetsAt: '2026-03-10T20:00:00.000Z',
  },
  {
    name: 'a limit of use in words',
    program: 'claude',
    output: claudeFails("You've hit your session limit · resets 3pm (UTC)", {
      error: 'rate_limit',
      api_error_status: 429,
    }),
    exit: BADLY,
    verdict: 'quota',
    resetsAt: '2026-03-10T15:00:00.000Z',
  },
  {
    name: 'a warning of a limit',
    program: 'claude',
    output: [claude.init(), claude.limit('allowed_warning', 1773172800), claude.said('Fine.'), claude.result()],
    exit: WELL,
    verdict: 'ok',
  },
  {
    name: 'no money',
    program: 'claude',
    output: claudeFails('Credit balance is too low', {
      error: 'billing_error',
      api_error_status: 400,
      api_error_type: 'invalid_request_error',
    }),
    exit: BADLY,
    verdict: 'quota',
  },
  {
    name: 'a rate',
    program: 'claude',
    output: claudeFails('Request rejected (429) · more than 1,000 tokens per minute', {
      error: 'rate_limit',
      api_error_status: 429,
      api_error_type: 'rate_limit_error',
    }),
    exit: BADLY,
    verdict: 'rate_limited',
  },
  {
    name: 'overload',
    program: 'claude',
    output: claudeFails('Overloaded', { api_error_status: 529, api_error_type: 'overloaded_error' }),
    exit: BADLY,
    verdict: 'overloaded',
  },
  {
    name: 'an unknown model',
    program: 'claude',
    output: claudeFails("There's an issue with the selected model (x).", {
      api_error_status: 404,
      api_error_type: 'not_found_error',
    }),
    exit: BADLY,
    verdict: 'model_unknown',
  },
  {
    name: 'a full context',
    program: 'claude',
    output: claudeFails('Prompt is too long', { api_error_status: 400, api_error_type: 'invalid_request_error' }),
    exit: BADLY,
    verdict: 'context_full',
  },
  {
    name: 'a refusal',
    program: 'claude',
    output: claudeFails('This was flagged', { stop_reason: 'refusal' }),
    exit: BADLY,
    verdict: 'refused',
  },
  {
    name: 'a refusal that ends well',
    program: 'claude',
    output: [claude.init(), claude.said('I can not.'), claude.result({ stop_reason: 'refusal' })],
    exit: WELL,
    verdict: 'refused',
  },
  {
    name: 'an answer that is too long',
    program: 'claude',
    output: claudeFails('Too much', { stop_reason: 'max_tokens' }),
    exit: BADLY,
    verdict: 'max_tokens',
  },
  {
    name: 'too many turns',
    program: 'claude',
    output: [claude.init(), claude.said('On.'), claude.result({ subtype: 'error_max_turns', is_error: true })],
    exit: BADLY,
    verdict: 'max_tokens',
  },
  {
    name: 'nothing allowed',
    program: 'claude',
    output: [
      claude.init(),
      claude.asked('a', 'Bash', wrote),
      claude.denied('a'),
      claude.result({ permission_denials: [{ tool_name: 'Bash', tool_use_id: 'a', tool_input: wrote }] }),
    ],
    exit: WELL,
    verdict: 'permission_denied',
  },
  {
    name: 'some allowed',
    program: 'claude',
    output: [
      claude.init(),
      claude.asked('a', 'Bash', wrote),
      claude.asked('b', 'Write', {}),
      claude.denied('a'),
      claude.result(),
    ],
    exit: WELL,
    verdict: 'ok',
  },
  {
    name: 'a stream that breaks off',
    program: 'claude',
    output: [claude.init(), claude.said('I begin.'), claude.retry(null, 'unknown')],
    exit: { exitCode: 143, signal: null },
    verdict: 'crashed',
  },

  {
    name: 'work and words',
    program: 'gemini',
    output: [...geminiStart, gemini.asked('a'), gemini.answered('a'), gemini.said('Done.'), gemini.result()],
    exit: WELL,
    verdict: 'ok',
  },
  {
    name: 'a blocked prompt',
    program: 'gemini',
    output: [...geminiStart, gemini.result()],
    exit: WELL,
    verdict: 'nothing',
  },
  {
    name: 'a refusal',
    program: 'gemini',
    output: [
      ...geminiStart,
      gemini.error('The model response was blocked due to safety settings.'),
      gemini.result(null, 'error'),
    ],
    exit: WELL,
    verdict: 'refused',
  },
  {
    name: 'a key that is not taken',
    program: 'gemini',
    output: geminiFails(
      '[API Error: {"error":{"code":400,"message":"Not good.","details":[{"reason":"API_KEY_INVALID"}]}}]',
    ),
    exit: { exitCode: 144, signal: null },
    verdict: 'needs_sign_in',
  },
  {
    name: 'no key',
    program: 'gemini',
    output: [],
    stderr: 'Please set an Auth method in settings.json or GEMINI_API_KEY\n',
    exit: { exitCode: 41, signal: null },
    verdict: 'needs_sign_in',
  },
  {
    name: 'a day’s quota',
    program: 'gemini',
    output: geminiFails('[API Error: You have exhausted your daily quota on this model.]'),
    exit: { exitCode: 173, signal: null },
    verdict: 'quota',
  },
  {
    name: 'a day’s quota with its end',
    program: 'gemini',
    output: geminiFails(
      '[API Error: {"error":{"code":429,"status":"RESOURCE_EXHAUSTED","message":"Quota exceeded","details":[{"retryDelay":"7200s"}]}}]',
    ),
    exit: BADLY,
    verdict: 'quota',
    resetsAt: '2026-03-10T14:00:00.000Z',
  },
  {
    name: 'a rate, silently',
    program: 'gemini',
    output: geminiStart,
    stderr: 'Attempt 1 failed: You exceeded your current quota. Please retry in 2s.\n',
    exit: WELL,
    verdict: 'rate_limited',
    resetsAt: '2026-03-10T12:00:02.000Z',
  },
  {
    name: 'an unknown model',
    program: 'gemini',
    output: geminiFails('[API Error: models/x is not found for API version v1]'),
    exit: BADLY,
    verdict: 'model_unknown',
  },
  {
    name: 'a cut connection',
    program: 'gemini',
    output: geminiFails('[API Error: terminated]'),
    exit: BADLY,
    verdict: 'crashed',
  },
  {
    name: 'an end by SIGTERM with 0',
    program: 'gemini',
    output: [...geminiStart, gemini.said('I begin.')],
    stderr: 'Ripgrep is not available.\n',
    exit: WELL,
    verdict: 'crashed',
  },
  {
    name: 'a tool that is not there',
    program: 'gemini',
    output: [
      ...geminiStart,
      gemini.asked('a'),
      gemini.answered('a', { type: 'tool_not_registered' }),
      gemini.said('Done.'),
      gemini.result(),
    ],
    exit: WELL,
    verdict: 'permission_denied',
  },

  {
    name: 'work and words',
    program: 'opencode',
    output: [
      opencode.start(),
      opencode.ran('a'),
      opencode.finish('tool-calls'),
      opencode.start(),
      opencode.said('Done.'),
      opencode.finish('stop'),
    ],
    exit: WELL,
    verdict: 'ok',
  },
  {
    name: 'a key that is not taken',
    program: 'opencode',
    output: [opencode.error('APIError', { message: 'No.', statusCode: 401 })],
    exit: BADLY,
    verdict: 'needs_sign_in',
  },
  {
    name: 'no key',
    program: 'opencode',
    output: [opencode.error('ProviderAuthError', { message: 'No.' })],
    exit: BADLY,
    verdict: 'needs_sign_in',
  },
  {
    name: 'no money',
    program: 'opencode',
    output: [
      opencode.error('APIError', {
        message: 'No.',
        statusCode: 429,
        responseBody: '{"error":{"code":"insufficient_quota"}}',
      }),
    ],
    exit: BADLY,
    verdict: 'quota',
  },
  {
    name: 'a rate with its header',
    program: 'opencode',
    output: [
      opencode.error('APIError', { message: 'Slower.', statusCode: 429, responseHeaders: { 'retry-after': '20' } }),
    ],
    exit: BADLY,
    verdict: 'rate_limited',
    resetsAt: '2026-03-10T12:00:20.000Z',
  },
  {
    name: 'a limit with its header',
    program: 'opencode',
    output: [
      opencode.error('APIError', { message: 'Enough.', statusCode: 429, responseHeaders: { 'retry-after': '18000' } }),
    ],
    exit: BADLY,
    verdict: 'quota',
    resetsAt: '2026-03-10T17:00:00.000Z',
  },
  {
    name: 'an unknown model',
    program: 'opencode',
    output: [opencode.error('ProviderModelNotFoundError', { providerID: 'p', modelID: 'm' })],
    exit: BADLY,
    verdict: 'model_unknown',
  },
  {
    name: 'a refusal',
    program: 'opencode',
    output: [
      opencode.start(),
      opencode.said('No.'),
      opencode.finish('content-filter'),
      opencode.error('ContentFilterError', { message: 'Blocked' }),
    ],
    exit: BADLY,
    verdict: 'refused',
  },
  {
    name: 'a full context',
    program: 'opencode',
    output: [
      opencode.error('APIError', {
        message: 'Too big',
        statusCode: 400,
        responseBody: '{"error":{"code":"context_length_exceeded"}}',
      }),
    ],
    exit: BADLY,
    verdict: 'context_full',
  },
  {
    name: 'an answer that is too long',
    program: 'opencode',
    output: [opencode.start(), opencode.said('And'), opencode.finish('length')],
    exit: WELL,
    verdict: 'max_tokens',
  },
  {
    name: 'a step that follows an error',
    program: 'opencode',
    output: [
      opencode.error('APIError', { message: 'x', statusCode: 500 }),
      opencode.said('Fine.'),
      opencode.finish('stop'),
    ],
    exit: WELL,
    verdict: 'ok',
  },
  {
    name: 'a step that is broken off',
    program: 'opencode',
    output: [opencode.start(), opencode.said('I')],
    exit: STOPPED,
    verdict: 'crashed',
  },
];

describe.each(cases)('$program: $name', ({ program, output, exit, stderr = '', verdict, resetsAt }) => {
  test(`is ${verdict}`, () => {
    const reading = read(program, output, exit, { stderr });
    expect(reading.verdict).toBe(verdict);
    expect(reading.resetsAt?.toISOString() ?? null).toBe(resetsAt ?? null);
  });

  test('reads the same in other pieces, orders and surroundings', () => {
    const plain = read(program, output, exit, { stderr });
    const turned = output.map((line) => Object.fromEntries(Object.entries(line).reverse()));
    const strange = output.flatMap((line) => [{ type: 'of.the.future', deep: { error: { message: '401' } } }, line]);
    const noisy = `npm warn something\n{"broken": \n[]\n"text"\n7\n\n${printed(output)}{"type":"result`;
    expect(read(program, printed(output), exit, { stderr, piece: 1 })).toEqual(plain);
    expect(read(program, printed(output, '\r\n'), exit, { stderr, piece: 7 })).toEqual(plain);
    expect(read(program, printed(output).trimEnd(), exit, { stderr })).toEqual(plain);
    expect(read(program, turned, exit, { stderr })).toEqual(plain);
    expect(read(program, strange, exit, { stderr })).toEqual(plain);
    // Where there is no event of the program at all, what else it printed makes it none of its streams.
    if (output.length > 0) expect(read(program, noisy, exit, { stderr })).toEqual(plain);
  });
});

test('tokens, cost, session and last words are what the program says', () => {
  const common = {
    isRecognised: true,
    denials: [],
    words: null,
    resetsAt: null,
    verdict: 'ok',
    isUsageOfSession: false,
    isCostOfSession: false,
    unknownArgument: null,
  };
  expect(read('codex', [...codexStart, codex.ran('make'), codex.said('Made.'), codex.done()], WELL)).toEqual({
    ...common,
    sessionId: 'thread-1',
    lastText: 'Made.',
    usage: { inputTokens: 900, cachedInputTokens: 300, outputTokens: 70 },
    costUsd: null,
    // It counts on where it goes on.
    isUsageOfSession: true,
  });
  // The total is the whole session's; what this turn cost stands by model.
  expect(read('claude', [claude.init(), claude.said('I begin.'), claude.result()], WELL)).toEqual({
    ...common,
    sessionId: 'session-1',
    lastText: 'The greeting is there.',
    usage: { inputTokens: 400, cachedInputTokens: 250, outputTokens: 40 },
    costUsd: 0.25,
  });
  expect(read('gemini', [...geminiStart, gemini.said('One, '), gemini.said('two.'), gemini.result()], WELL)).toEqual({
    ...common,
    sessionId: 'session-1',
    lastText: 'One, two.',
    usage: { inputTokens: 400, cachedInputTokens: 150, outputTokens: 60 },
    costUsd: null,
  });
  const steps = [opencode.ran('a'), opencode.finish('tool-calls'), opencode.said('Done.'), opencode.finish('stop')];
  expect(read('opencode', steps, WELL)).toEqual({
    ...common,
    sessionId: 'ses_1',
    lastText: 'Done.',
    usage: { inputTokens: 800, cachedInputTokens: 600, outputTokens: 50 },
    costUsd: 0.25,
  });
});

test('what opencode tells its model when it has summed up a full context is no word of the agent, and the full context no end', () => {
  const output = [
    opencode.error('ContextOverflowError', { message: 'The input is too long.' }),
    opencode.start(),
    opencode.said('The greeting is half written.'),
    opencode.finish('stop'),
    opencode.told('Go on with what is left.'),
    opencode.start(),
    opencode.ran('a'),
    opencode.finish('tool-calls'),
  ];
  expect(read('opencode', output, WELL).lastText).toBe('The greeting is half written.');
  const whole = [...output, opencode.said('Done.'), opencode.finish('stop')];
  // It ends with 1 all the same, since there was an error.
  expect(read('opencode', whole, BADLY)).toMatchObject({ verdict: 'ok', lastText: 'Done.' });
});

test('a text of 40 KB comes through whole, and a line that is too long stops nothing', () => {
  const long = 'word '.repeat(8_000).trim();
  const huge = `{"type":"item.completed","item":{"type":"command_execution","x":"${'y'.repeat(MAX_LINE_BYTES)}"}}\n`;
  const output = printed([...codexStart, codex.said(long)]) + huge + printed([codex.done()]);
  expect(read('codex', output, WELL)).toMatchObject({ verdict: 'ok', lastText: long });
});

test.each([
  ['codex', "error: unexpected argument '--full-auto' found\n\nUsage: codex exec [OPTIONS]\n", '--full-auto'],
  ['claude', "error: unknown option '--permission-modes'\n", '--permission-modes'],
  ['gemini', 'Usage: gemini\n\nUnknown argument: skip-trusts\n', 'skip-trusts'],
  ['gemini', 'Unknown arguments: skip-trusts, skipTrusts\n', 'skip-trusts'],
  ['opencode', 'opencode: unrecognized option "--json"\n', '--json'],
] as const)('a command that no longer fits %s says which argument: %j', (program, stderr, unknownArgument) => {
  expect(read(program, '', BADLY, { stderr })).toMatchObject({ verdict: 'unknown', unknownArgument });
});

test('what a program that works says of arguments is not about its command', () => {
  const stderr = "make: unknown option '--x'\n";
  expect(read('codex', [...codexStart, codex.said('Made.')], BADLY, { stderr }).unknownArgument).toBeNull();
});

test('what no event stands in is left to the exit code', () => {
  expect(read('codex', 'All is well.\n', WELL)).toMatchObject({ verdict: 'unknown', isRecognised: false });
  expect(read('codex', 'All is lost.\n', BADLY)).toMatchObject({ verdict: 'unknown', isRecognised: false });
  expect(read('claude', '', BADLY)).toMatchObject({ verdict: 'unknown' });
  expect(read('claude', '', WELL)).toMatchObject({ verdict: 'nothing' });
});
