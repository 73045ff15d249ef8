import { expect, test } from 'vitest';
import { createMasker } from '../logs/mask.ts';
import { Conversation } from './conversation.ts';
import { cancelLine, decisionLine, questionOf } from './permission.ts';
import { answerLine, notificationLine, requestLine } from './rpc.ts';

const OPTIONS = [
  { optionId: 'for-ever', kind: 'allow_always', name: 'Always' },
  { optionId: 'yes', kind: 'allow_once', name: 'Yes' },
  { optionId: 'no', kind: 'reject_once', name: 'No' },
];

const asks = (id: number, toolCall: object, options: object[] = OPTIONS): string =>
  requestLine(id, 'session/request_permission', { sessionId: 's1', toolCall, options });

const TOLD = [
  requestLine('A:1', 'initialize', { protocolVersion: 1 }),
  requestLine('A:2', 'session/new', { cwd: '/repo', mcpServers: [] }),
  requestLine('A:3', 'session/prompt', { sessionId: 's1', prompt: [] }),
];
const HEARD = [
  answerLine('A:1', { protocolVersion: 1 }),
  'a line that is no message',
  answerLine('A:2', { sessionId: 's1' }),
  asks(0, { title: 'Run it', kind: 'execute', rawInput: { command: 'make all' } }),
];

function converse(told: string[], heard: string[], isHeardFirst = false): Conversation {
  const conversation = new Conversation();
  const tell = (): void => told.forEach((line) => conversation.tell(line));
  if (!isHeardFirst) tell();
  heard.forEach((line) => conversation.hear(line));
  if (isHeardFirst) tell();
  return conversation;
}

function onlyQuestion(heard: string): ReturnType<Conversation['openQuestions']['at']> & object {
  const [asked] = converse([], [heard]).openQuestions;
  if (!asked) throw new Error('The line asks nothing');
  return asked;
}

test.each([false, true])('the two files tell what is open (output read first: %s)', (isHeardFirst) => {
  const open = converse(TOLD, HEARD, isHeardFirst);
  expect(open.sessionId).toBe('s1');
  expect(open.openQuestions.map(({ id }) => id)).toEqual([0]);
  expect(open.openRequests.map(({ id }) => id)).toEqual(['A:3']);
  expect(open.isOver).toBe(false);

  const told = [...TOLD, decisionLine(onlyQuestion(HEARD[3] ?? ''), 'allow_once')];
  const over = converse(told, [...HEARD, answerLine('A:3', { stopReason: 'end_turn' })], isHeardFirst);
  expect(over.openQuestions).toEqual([]);
  expect(over.isOver).toBe(true);
  const prompt = over.lastRequest('session/prompt');
  expect(prompt && over.answerTo(prompt)).toEqual({ result: { stopReason: 'end_turn' }, error: null });
});

test('a number and the same digits as text are two ids, and the first answer to a request stands', () => {
  const conversation = converse(
    [...TOLD, answerLine('0', {})],
    [...HEARD, answerLine('A:3', { stopReason: 'refusal' }), answerLine('A:3', { stopReason: 'end_turn' })],
  );
  expect(conversation.openQuestions.map(({ id }) => id)).toEqual([0]);
  const prompt = conversation.lastRequest('session/prompt');
  expect(prompt && conversation.answerTo(prompt)?.result).toEqual({ stopReason: 'refusal' });
});

test('a further prompt opens the conversation again, and a message to stop is remembered', () => {
  const conversation = converse(TOLD, [...HEARD, answerLine('A:3', { stopReason: 'end_turn' })]);
  expect([conversation.isOver, conversation.isCanceled]).toEqual([true, false]);
  conversation.tell(requestLine('B:1', 'session/prompt', { sessionId: 's1', prompt: [] }));
  conversation.tell(notificationLine('session/cancel', { sessionId: 's1' }));
  expect([conversation.isOver, conversation.isCanceled]).toEqual([false, true]);
});

test('a question that the agent takes back is open no longer', () => {
  const conversation = converse(TOLD, [...HEARD, notificationLine('$/cancel_request', { requestId: 0 })]);
  expect(conversation.openQuestions).toEqual([]);
});

test('a session that could not be loaded is none; one that could keeps its id', () => {
  const load = requestLine('A:2', 'session/load', { sessionId: 'old', cwd: '/repo' });
  const failed = JSON.stringify({ jsonrpc: '2.0', id: 'A:2', error: { code: -32002, message: 'not found' } });
  expect(converse([load], [failed]).sessionId).toBeNull();
  expect(converse([load], [answerLine('A:2', {})]).sessionId).toBe('old');
  const anew = requestLine('A:3', 'session/new', { cwd: '/repo' });
  expect(converse([load, anew], [failed, answerLine('A:3', { sessionId: 'new' })]).sessionId).toBe('new');
});

test('an answer holds for this one time, and what is not offered is canceled', () => {
  const asked = onlyQuestion(asks(7, {}));
  const selected = (optionId: string): string => answerLine(7, { outcome: { outcome: 'selected', optionId } });
  expect(decisionLine(asked, 'allow_once')).toBe(selected('yes'));
  expect(decisionLine(asked, 'deny')).toBe(selected('no'));
  const alwaysOnly = onlyQuestion(asks(7, {}, OPTIONS.slice(0, 1)));
  expect(decisionLine(alwaysOnly, 'allow_once')).toBe(cancelLine(alwaysOnly));
  expect(cancelLine(alwaysOnly)).toContain('"cancelled"');
});

test('people see the whole command or the diff, without secrets', () => {
  const masker = createMasker(['hunter2-hunter2']);
  const run = asks(1, {
    title: 'curl hunter2-hunter2',
    kind: 'execute',
    rawInput: { command: 'curl hunter2-hunter2' },
    locations: [{ path: '/repo/out.txt' }],
  });
  expect(questionOf(onlyQuestion(run), masker)).toEqual({
    key: 'request 1',
    title: 'curl ***',
    toolKind: 'execute',
    target: 'curl ***',
    detail: 'curl ***',
  });
  const content = [{ type: 'diff', path: '/repo/a.txt', oldText: 'old\n', newText: 'new\nhunter2-hunter2\n' }];
  const edit = asks(2, { title: 'Edit a.txt', kind: 'edit', content, locations: [{ path: '/repo/a.txt' }] });
  expect(questionOf(onlyQuestion(edit), masker)).toMatchObject({
    target: '/repo/a.txt',
    detail: '/repo/a.txt\n-old\n+new\n+***',
  });
});
