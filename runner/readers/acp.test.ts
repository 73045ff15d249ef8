import { expect, test } from 'vitest';
import { AgentReader } from './read-agent.ts';
import type { Reading, Verdict } from './reading.ts';
import { acp, claude, printed, type Line } from './testing/streams.ts';

const NOW = new Date('2026-03-10T12:00:00Z');

function read(...lines: Line[]): Reading {
  const reader = new AgentReader('acp', NOW);
  reader.push(Buffer.from(printed(lines)));
  // A live agent ends well whenever its input ends.
  return reader.end({ exitCode: 0, signal: null });
}

const begun = [acp.hello(), acp.session()];
const worked = [...begun, acp.piece('It is ', 'm1'), acp.piece('made.', 'm1')];
const codexBegun = [acp.hello('codex'), acp.session()];
const status = (type: string): Line =>
  acp.update('session_info_update', { _meta: { codex: { threadStatus: { type } } } });
const failure = (category: string, title: string, severity = 'error'): Line =>
  acp.stopped('end_turn', { _meta: { jetbrains: { air: { sessionFailure: { category, title, severity } } } } });

test('words of one message, its session, and what it used', () => {
  const usage = { inputTokens: 100, cachedReadTokens: 300, cachedWriteTokens: 10, outputTokens: 20, totalTokens: 435 };
  const cost = acp.update('usage_update', { cost: { amount: 0.25 } });
  expect(read(...worked, cost, acp.stopped('end_turn', { usage }))).toMatchObject({
    verdict: 'ok',
    lastText: 'It is made.',
    sessionId: 'session-9',
    usage: { inputTokens: 410, cachedInputTokens: 300, outputTokens: 25 },
    costUsd: 0.25,
    isCostOfSession: false,
  });
});

const verdicts: [string, Line[], Verdict][] = [
  ['a refusal', [...worked, acp.stopped('refusal')], 'refused'],
  ['the longest answer', [...worked, acp.stopped('max_tokens')], 'max_tokens'],
  ['no word and no work', [...begun, acp.stopped('end_turn')], 'nothing'],
  ['no end of its turn', worked, 'crashed'],
  ['a second turn without an end', [...worked, acp.stopped('end_turn'), acp.piece('And', 'm2')], 'crashed'],
  ['no sign-in', [...begun, acp.error(-32000, 'First things first')], 'needs_sign_in'],
  [
    'a kind of error',
    [...begun, acp.error(-32603, 'Internal error', { errorKind: 'model_not_found' })],
    'model_unknown',
  ],
  ['a limit of use', [...begun, acp.error(-32603, 'No', { codexErrorInfo: 'usageLimitExceeded' })], 'quota'],
  ['an error nobody knows', [...begun, acp.error(-32603, 'Something is odd')], 'crashed'],
  ['a 500 whose words know more', [...begun, acp.error(500, 'The model is not found')], 'model_unknown'],
  ['a failure beside a good stop', [...worked, failure('limit', 'It is enough for today.')], 'quota'],
  ['a warning beside a good stop', [...worked, failure('limit', 'It is soon enough.', 'warning')], 'ok'],
  ['a broken turn', [...worked, acp.stopped('cancelled')], 'crashed'],
  [
    'a turn broken for what was not allowed',
    [...begun, acp.called('c1'), acp.asks('c1'), acp.stopped('cancelled')],
    'permission_denied',
  ],
  [
    'a broken session of Codex, in words of its adapter',
    [
      ...codexBegun,
      status('active'),
      status('systemError'),
      acp.piece('last status: 429 Too Many Requests'),
      acp.stopped('end_turn'),
    ],
    'rate_limited',
  ],
  [
    'a turn broken off after one in which it asked',
    [
      ...begun,
      acp.called('c1'),
      acp.asks('c1'),
      acp.stopped('cancelled'),
      acp.piece('And', 'm2'),
      acp.stopped('cancelled'),
    ],
    'crashed',
  ],
  [
    'an old session that is gone, and a new one',
    [acp.hello(), acp.error(-32002, 'Not found'), acp.session(), ...worked.slice(2), acp.stopped('end_turn')],
    'ok',
  ],
];
test.each(verdicts)('%s', (_, lines, verdict) => {
  expect(read(...lines).verdict).toBe(verdict);
});

test('a time to try again stands in the words', () => {
  const reading = read(
    ...begun,
    acp.error(-32603, "You've hit your limit · resets Jan 1, 2030, 12am (UTC)", { errorKind: 'rate_limit' }),
  );
  expect(reading).toMatchObject({ verdict: 'quota', resetsAt: new Date('2030-01-01T00:00:00Z') });
});

test.each(['User refused permission to run the tool', 'The user rejected permission.'])('denied: %s', (rawOutput) => {
  const reading = read(...begun, acp.called('c1'), acp.went('c1', 'failed', { rawOutput }), acp.stopped('end_turn'));
  expect(reading.verdict).toBe('permission_denied');
});

test('what was denied counts in its own turn', () => {
  const denied = [
    ...begun,
    acp.called('c1'),
    acp.went('c1', 'failed', { rawOutput: 'The user rejected permission.' }),
    acp.stopped('end_turn'),
  ];
  expect(read(...denied)).toMatchObject({ verdict: 'permission_denied', denials: ['c1'] });
  expect(read(...denied, acp.piece('Then not.', 'm2'), acp.stopped('end_turn'))).toMatchObject({
    verdict: 'ok',
    denials: [],
  });
});

test('the history of an old session is no result', () => {
  const old = [acp.piece('Old words', 'm0'), acp.called('c0'), acp.update('usage_update', { cost: { amount: 9 } })];
  const reading = read(acp.hello(), ...old, acp.loaded(), acp.stopped('end_turn'));
  expect(reading).toMatchObject({ verdict: 'nothing', lastText: null, costUsd: null, sessionId: 'session-9' });
});

test("Claude's own stream says more than its adapter, and is not counted twice", () => {
  const limit = acp.raw(claude.limit('rejected', 1_893_456_000));
  const failed = acp.raw(claude.result({ is_error: true, result: 'That was all.', api_error_status: 429 }));
  expect(read(...begun, limit, failed, acp.error(-32603, 'Internal error'))).toMatchObject({
    verdict: 'quota',
    resetsAt: new Date('2030-01-01T00:00:00Z'),
  });
  const told = [acp.raw(claude.said('Made.')), acp.piece('Made.', 'm1'), acp.raw(claude.result())];
  const once = read(...begun, ...told, acp.stopped('end_turn'));
  const twice = read(...begun, ...told, acp.stopped('end_turn', { usage: { inputTokens: 5_000 } }));
  expect(once.usage).not.toBeNull();
  expect(twice).toEqual(once);
});
