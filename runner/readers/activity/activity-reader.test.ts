import { describe, expect, test } from 'vitest';
import {
  ActivityEntry,
  MAX_ACTIVITY_ENTRIES,
  MAX_ACTIVITY_OUTPUT_CHARS,
  MAX_ACTIVITY_TEXT_CHARS,
} from '#contract/activity.ts';
import type { RunSpec } from '#contract/run-spec.ts';
import { createMasker } from '../../logs/mask.ts';
import type { AgentProgram } from '../event-readers.ts';
import { acp, claude, codex, gemini, opencode, printed, type Line } from '../testing/streams.ts';
import { ActivityReader } from './activity-reader.ts';

const SECRET = 'pa"ss\\wörd/42';

/** @param pieceBytes how many bytes come next */
function read(
  program: AgentProgram,
  output: string | Line[],
  pieceBytes = (): number => 64 * 1024,
  session: RunSpec['session'] = null,
): ActivityEntry[] {
  const reader = new ActivityReader({ program, masker: createMasker([SECRET]), workFolder: '/srv/shop', session });
  const bytes = Buffer.from(typeof output === 'string' ? output : printed(output));
  const entries: ActivityEntry[] = [];
  for (let at = 0; at < bytes.length;) {
    const to = at + pieceBytes();
    reader.push(bytes.subarray(at, to));
    entries.push(...reader.take());
    at = to;
  }
  reader.end();
  return [...entries, ...reader.take()].map((entry) => ActivityEntry.parse(entry));
}

const call = {
  kind: 'tool',
  toolKind: 'other',
  status: 'running',
  target: null,
  output: null,
  exitCode: null,
  changes: [],
};
const codexItem = (type: 'started' | 'updated' | 'completed', item: Line): Line => ({ type: `item.${type}`, item });
const claudeSays = (content: Line[], more: Line = {}): Line => ({
  type: 'assistant',
  message: { role: 'assistant', content },
  parent_tool_use_id: null,
  ...more,
});
const claudeAnswers = (id: string, content: unknown, more: Line = {}, result: Line = {}): Line => ({
  type: 'user',
  message: { role: 'user', content: [{ type: 'tool_result', tool_use_id: id, content, ...more }] },
  tool_use_result: result,
});

/** One of each shape, for those tests in which it does not matter what is in it. */
const STREAMS: Record<AgentProgram, Line[]> = {
  codex: [
    codex.started(),
    codex.warned('Nothing is known of this model.'),
    codex.turn(),
    codexItem('completed', { id: 'item_1', type: 'reasoning', text: 'The file must be written.' }),
    codex.said('I begin. Ünïcödé 🙂.'),
    codexItem('started', { id: 'item_3', type: 'command_execution', command: "/bin/bash -lc 'npm test'" }),
    codex.error('Reconnecting... 1/5 (status 500)'),
    codex.error('Reconnecting... 2/5 (status 500)'),
    codexItem('completed', {
      id: 'item_3',
      type: 'command_execution',
      command: "/bin/bash -lc 'npm test'",
      aggregated_output: '2 tests failed\n',
      exit_code: 2,
      status: 'failed',
    }),
    codexItem('updated', {
      id: 'item_4',
      type: 'todo_list',
      items: [
        { text: 'Look', completed: true },
        { text: 'Write', completed: false },
      ],
    }),
    codexItem('completed', {
      id: 'item_5',
      type: 'file_change',
      status: 'completed',
      changes: [
        { path: '/repo/a.ts', kind: 'add' },
        { path: '/repo/b.ts', kind: 'update' },
        { path: '/repo/c.ts', kind: 'delete' },
      ],
    }),
    codexItem('completed', {
      id: 'item_6',
      type: 'mcp_tool_call',
      server: 'docs',
      tool: 'find',
      arguments: { query: 'streams' },
      result: { content: [{ type: 'text', text: 'Three pages' }] },
      status: 'completed',
    }),
    codexItem('completed', { id: 'item_7', type: 'command_execution', command: 'rm -r /', status: 'declined' }),
    codexItem('started', { id: 'item_8', type: 'dance', steps: 3 }),
    { type: 'weather.changed', to: 'rain' },
    codex.done(),
  ],
  claude: [
    claude.init(),
    claudeSays([
      { type: 'thinking', thinking: 'What is there?', signature: 'x' },
      { type: 'text', text: 'I look.' },
      { type: 'tool_use', id: 't1', name: 'Read', input: { file_path: '/repo/a.ts' } },
    ]),
    claudeAnswers('t1', [{ type: 'text', text: '1 line' }]),
    claude.asked('t2', 'TodoWrite', {
      todos: [
        { content: 'Look', status: 'completed', activeForm: 'Looking' },
        { content: 'Write', status: 'in_progress', activeForm: 'Writing' },
        { content: 'Test', status: 'pending', activeForm: 'Testing' },
      ],
    }),
    claudeAnswers('t2', 'Todos have been modified'),
    claude.asked('t3', 'Task', { description: 'Find the tests', prompt: 'Find them all.' }),
    claudeSays([{ type: 'text', text: 'I am its helper.' }], { parent_tool_use_id: 't3' }),
    claudeSays([{ type: 'tool_use', id: 't4', name: 'Grep', input: { pattern: 'test\\(', path: 'src' } }], {
      parent_tool_use_id: 't3',
    }),
    claudeAnswers('t4', 'src/a.test.ts'),
    claudeAnswers('t3', 'One file'),
    claude.retry(529, 'overloaded'),
    claude.asked('t5', 'Bash', { command: 'make' }),
    claudeAnswers('t5', 'Exit code 2\nno rule', { is_error: true }),
    claude.asked('t6', 'Write', { file_path: '/repo/new.ts', content: 'x' }),
    claudeAnswers('t6', 'Created', {}, { type: 'create', filePath: '/repo/new.ts', structuredPatch: [] }),
    claude.asked('t7', 'Bash', { command: 'curl x' }),
    claude.denied('t7'),
    claudeAnswers('t7', 'This needs approval', { is_error: true }),
    claude.limit('rejected', 1_893_456_000),
    { type: 'system', subtype: 'compact_boundary', trigger: 'auto' },
    { type: 'stream_event', event: { type: 'message_start' } },
    claude.result(),
  ],
  gemini: [
    gemini.init(),
    gemini.task(),
    gemini.said('I beg'),
    gemini.said('in.\nAnd '),
    gemini.said('go on.'),
    { type: 'tool_use', tool_name: 'run_shell_command', tool_id: 'g1', parameters: { command: 'npm test' } },
    gemini.answered('g1'),
    {
      type: 'tool_use',
      tool_name: 'write_todos',
      tool_id: 'g2',
      parameters: { todos: [{ description: 'Write', status: 'in_progress' }] },
    },
    gemini.answered('g2'),
    { type: 'tool_use', tool_name: 'write_file', tool_id: 'g3', parameters: { file_path: 'a.txt', content: 'x' } },
    gemini.answered('g3', { type: 'tool_not_registered', message: 'No such tool.' }),
    gemini.error('Something is odd.'),
    { type: 'progress', percent: 50 },
    gemini.said('Done.'),
    gemini.result(),
  ],
  opencode: [
    opencode.start(),
    { type: 'reasoning', part: { type: 'reasoning', text: 'It needs a file.' } },
    opencode.said('I begin.'),
    {
      type: 'tool_use',
      part: {
        tool: 'write',
        callID: 'o1',
        state: {
          status: 'completed',
          input: { filePath: '/repo/a.txt' },
          output: 'Wrote it.',
          metadata: { exists: false },
        },
      },
    },
    {
      type: 'tool_use',
      part: {
        tool: 'bash',
        callID: 'o2',
        state: { status: 'completed', input: { command: 'false' }, output: '', metadata: { exit: 1 } },
      },
    },
    {
      type: 'tool_use',
      part: {
        tool: 'todowrite',
        callID: 'o3',
        state: { status: 'completed', input: { todos: [{ content: 'Write', status: 'cancelled' }] } },
      },
    },
    opencode.finish('tool-calls'),
    opencode.ran('o4', 'The user rejected permission to use this'),
    opencode.ran('o5', 'It broke'),
    { type: 'snapshot', files: 3 },
    opencode.finish('stop'),
    opencode.error('APIError', { message: 'Overloaded', statusCode: 529 }),
  ],
  acp: [
    acp.hello('codex'),
    acp.update('user_message_chunk', { content: { type: 'text', text: 'An old task' } }),
    acp.piece('An old answer', 'm0'),
    acp.called('c0'),
    acp.loaded(),
    acp.piece('The model is not known.'),
    acp.update('agent_thought_chunk', { content: { type: 'text', text: 'It must ' } }),
    acp.update('agent_thought_chunk', { content: { type: 'text', text: 'be built.' } }),
    acp.piece('I ', 'm1'),
    acp.piece('begin. 🙂', 'm1'),
    acp.called('c1', { rawInput: { command: 'make' } }),
    acp.asks('c1'),
    acp.went('c1', 'failed', {
      rawOutput: 'It failed',
      _meta: { terminal_exit: { exit_code: 2 } },
    }),
    acp.called('c2', {
      kind: 'edit',
      title: 'Write',
      rawInput: { file_path: '/srv/shop/a.ts' },
      content: [
        { type: 'diff', path: '/srv/shop/a.ts', oldText: null, newText: 'a' },
        { type: 'diff', path: '/srv/shop/b.ts', oldText: 'b', newText: 'c' },
      ],
    }),
    acp.went('c2', 'failed', { rawOutput: 'The user rejected permission to use this tool.' }),
    acp.update('session_info_update', { _meta: { codex: { error: { message: 'Reconnecting... 1/5' } } } }),
    acp.update('plan', { entries: [{ content: 'Look', status: 'completed' }] }),
    acp.update('weather', { to: 'rain' }),
    acp.piece('Done.', 'm2'),
    acp.stopped('end_turn', { usage: { inputTokens: 100, cachedReadTokens: 300, outputTokens: 20, totalTokens: 425 } }),
  ],
};

const PROGRAMS = Object.keys(STREAMS) as AgentProgram[];

test('codex', () => {
  expect(read('codex', STREAMS.codex)).toEqual([
    { kind: 'warning', item: 0, text: 'Nothing is known of this model.' },
    { kind: 'thought', item: 1, text: 'The file must be written.' },
    { kind: 'message', item: 2, text: 'I begin. Ünïcödé 🙂.' },
    { ...call, item: 3, name: 'command_execution', toolKind: 'execute', target: 'npm test' },
    { kind: 'retry', item: 4, text: 'Reconnecting... 1/5 (status 500)' },
    { kind: 'retry', item: 4, text: 'Reconnecting... 2/5 (status 500)' },
    {
      ...call,
      item: 3,
      name: 'command_execution',
      toolKind: 'execute',
      target: 'npm test',
      status: 'failed',
      output: '2 tests failed\n',
      exitCode: 2,
    },
    {
      kind: 'plan',
      item: 5,
      steps: [
        { text: 'Look', status: 'done' },
        { text: 'Write', status: 'pending' },
      ],
    },
    {
      ...call,
      item: 6,
      name: 'file_change',
      toolKind: 'edit',
      status: 'done',
      changes: [
        { path: '/repo/a.ts', change: 'added' },
        { path: '/repo/b.ts', change: 'changed' },
        { path: '/repo/c.ts', change: 'removed' },
      ],
    },
    { ...call, item: 7, name: 'docs.find', status: 'done', target: 'streams', output: 'Three pages' },
    { ...call, item: 8, name: 'command_execution', toolKind: 'execute', status: 'denied', target: 'rm -r /' },
    { kind: 'other', item: 9, name: 'dance', text: '{"id":"item_8","type":"dance","steps":3}' },
    { kind: 'other', item: 10, name: 'weather.changed', text: '{"type":"weather.changed","to":"rain"}' },
    { kind: 'usage', item: 11, inputTokens: 900, cachedInputTokens: 300, outputTokens: 70, costUsd: null },
  ]);
});

test.each([
  [`/usr/bin/bash -lc "printf \\"a\\" > \\$HOME/b"`, 'printf "a" > $HOME/b'],
  [`bash -lc 'a' 'b'`, `bash -lc 'a' 'b'`],
  ['npm test', 'npm test'],
])('what codex runs as %s is shown as %s', (command, target) => {
  const item = { id: 'item_1', type: 'command_execution', command };
  expect(read('codex', [codexItem('started', item)])).toMatchObject([{ target }]);
});

test('claude: what its helpers do is shown, and what they say is not', () => {
  expect(read('claude', STREAMS.claude)).toEqual([
    { kind: 'thought', item: 0, text: 'What is there?' },
    { kind: 'message', item: 1, text: 'I look.' },
    { ...call, item: 2, name: 'Read', toolKind: 'read', target: '/repo/a.ts' },
    { ...call, item: 2, name: 'Read', toolKind: 'read', target: '/repo/a.ts', status: 'done', output: '1 line' },
    {
      kind: 'plan',
      item: 3,
      steps: [
        { text: 'Look', status: 'done' },
        { text: 'Write', status: 'active' },
        { text: 'Test', status: 'pending' },
      ],
    },
    { ...call, item: 4, name: 'Task', toolKind: 'delegate', target: 'Find the tests' },
    { ...call, item: 5, name: 'Grep', toolKind: 'search', target: 'test\\(' },
    { ...call, item: 5, name: 'Grep', toolKind: 'search', target: 'test\\(', status: 'done', output: 'src/a.test.ts' },
    {
      ...call,
      item: 4,
      name: 'Task',
      toolKind: 'delegate',
      target: 'Find the tests',
      status: 'done',
      output: 'One file',
    },
    { kind: 'retry', item: 6, text: 'Trying again 1: 529 overloaded' },
    { ...call, item: 7, name: 'Bash', toolKind: 'execute', target: 'make' },
    {
      ...call,
      item: 7,
      name: 'Bash',
      toolKind: 'execute',
      target: 'make',
      status: 'failed',
      output: 'Exit code 2\nno rule',
      exitCode: 2,
    },
    { ...call, item: 8, name: 'Write', toolKind: 'edit', target: '/repo/new.ts' },
    {
      ...call,
      item: 8,
      name: 'Write',
      toolKind: 'edit',
      target: '/repo/new.ts',
      status: 'done',
      output: 'Created',
      changes: [{ path: '/repo/new.ts', change: 'added' }],
    },
    { ...call, item: 9, name: 'Bash', toolKind: 'execute', target: 'curl x' },
    { ...call, item: 9, name: 'Bash', toolKind: 'execute', target: 'curl x', status: 'denied' },
    {
      ...call,
      item: 9,
      name: 'Bash',
      toolKind: 'execute',
      target: 'curl x',
      status: 'denied',
      output: 'This needs approval',
    },
    { kind: 'warning', item: 10, text: 'The limit of use is reached until 2030-01-01 00:00 UTC.' },
    {
      kind: 'other',
      item: 11,
      name: 'system.compact_boundary',
      text: '{"type":"system","subtype":"compact_boundary","trigger":"auto"}',
    },
    { kind: 'usage', item: 12, inputTokens: 400, cachedInputTokens: 250, outputTokens: 40, costUsd: 0.25 },
  ]);
});

test('gemini', () => {
  expect(read('gemini', STREAMS.gemini)).toEqual([
    { kind: 'message', item: 0, text: 'I begin.\n' },
    { kind: 'message', item: 0, text: 'And go on.' },
    { ...call, item: 1, name: 'run_shell_command', toolKind: 'execute', target: 'npm test' },
    { ...call, item: 1, name: 'run_shell_command', toolKind: 'execute', target: 'npm test', status: 'done' },
    { kind: 'plan', item: 2, steps: [{ text: 'Write', status: 'active' }] },
    { ...call, item: 3, name: 'write_file', toolKind: 'edit', target: 'a.txt' },
    {
      ...call,
      item: 3,
      name: 'write_file',
      toolKind: 'edit',
      target: 'a.txt',
      status: 'denied',
      output: 'That tool is not there.',
    },
    { kind: 'warning', item: 4, text: 'Something is odd.' },
    { kind: 'other', item: 5, name: 'progress', text: '{"type":"progress","percent":50}' },
    { kind: 'message', item: 6, text: 'Done.' },
    { kind: 'usage', item: 7, inputTokens: 400, cachedInputTokens: 150, outputTokens: 60, costUsd: null },
  ]);
});

test('a live agent: its history is not told again, calls go on under one item, thoughts and words are whole', () => {
  const made = { ...call, item: 3, name: 'make', toolKind: 'execute', target: 'make' };
  const changes = [
    { path: 'a.ts', change: 'added' },
    { path: 'b.ts', change: 'changed' },
  ];
  const wrote = { ...call, item: 4, name: 'Write', toolKind: 'edit', target: 'a.ts', changes };
  expect(read('acp', STREAMS.acp)).toEqual([
    { kind: 'warning', item: 0, text: 'The model is not known.' },
    { kind: 'thought', item: 1, text: 'It must be built.' },
    { kind: 'message', item: 2, text: 'I begin. 🙂' },
    made,
    made,
    { ...made, status: 'failed', output: 'It failed', exitCode: 2 },
    wrote,
    { ...wrote, status: 'denied', output: 'The user rejected permission to use this tool.' },
    { kind: 'retry', item: 5, text: 'Reconnecting... 1/5' },
    { kind: 'plan', item: 6, steps: [{ text: 'Look', status: 'done' }] },
    expect.objectContaining({ kind: 'other', item: 7 }),
    { kind: 'message', item: 8, text: 'Done.' },
    { kind: 'usage', item: 9, inputTokens: 400, cachedInputTokens: 300, outputTokens: 25, costUsd: null },
  ]);
});

test('opencode: what was used is the sum of its steps', () => {
  const bash = { ...call, name: 'bash', toolKind: 'execute' };
  expect(read('opencode', STREAMS.opencode)).toEqual([
    { kind: 'thought', item: 0, text: 'It needs a file.' },
    { kind: 'message', item: 1, text: 'I begin.' },
    {
      ...call,
      item: 2,
      name: 'write',
      toolKind: 'edit',
      status: 'done',
      target: '/repo/a.txt',
      output: 'Wrote it.',
      changes: [{ path: '/repo/a.txt', change: 'added' }],
    },
    { ...bash, item: 3, status: 'done', target: 'false', exitCode: 1 },
    { kind: 'plan', item: 4, steps: [{ text: 'Write', status: 'done' }] },
    { kind: 'usage', item: 5, inputTokens: 400, cachedInputTokens: 300, outputTokens: 25, costUsd: 0.125 },
    { ...bash, item: 6, status: 'denied', target: 'make', output: 'The user rejected permission to use this' },
    { ...bash, item: 7, status: 'failed', target: 'make', output: 'It broke' },
    { kind: 'other', item: 8, name: 'snapshot', text: '{"type":"snapshot","files":3}' },
    { kind: 'usage', item: 5, inputTokens: 800, cachedInputTokens: 600, outputTokens: 50, costUsd: 0.25 },
    { kind: 'warning', item: 9, text: 'Overloaded' },
  ]);
});

/** The same numbers at each run. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 48_271) % 2_147_483_647);
}

test.each(PROGRAMS)(
  'the stream of %s is the same activity however it is cut, with or without a last end',
  (program) => {
    const output = printed(STREAMS[program], '\r\n');
    const whole = read(program, output);
    expect(read(program, output, () => 1)).toEqual(whole);
    expect(read(program, output, () => 7)).toEqual(whole);
    for (let seed = 1; seed <= 20; seed += 1) {
      const next = numbers(seed);
      expect(read(program, output, () => 1 + (next() % 200))).toEqual(whole);
    }
    expect(read(program, output.trimEnd())).toEqual(whole);
  },
);

test('an error is told once, also by a program that tells it twice', () => {
  expect(read('codex', [codex.error('Out of order'), codex.failed('Out of order')])).toEqual([
    { kind: 'warning', item: 0, text: 'Out of order' },
  ]);
});

describe('a text in pieces', () => {
  const texts = (pieces: string[]): string[] =>
    read('gemini', pieces.map(gemini.said)).map((entry) => ('text' in entry ? entry.text : ''));

  test('is let out by lines, or when much of a line is there', () => {
    expect(texts(['a', 'b\n\n?\nd', 'e'])).toEqual(['ab\n\n?\n', 'de']);
    const words = Array.from({ length: 100 }, () => 'ten chars ');
    expect(texts(words).map((text) => text.length)).toEqual([400, 400, 200]);
  });

  test('does not begin with nothing, and nothing alone is no message', () => {
    expect(texts(['\n', '\n', 'a\n'])).toEqual(['\n\na\n']);
    expect(texts(['\n', ' '])).toEqual([]);
  });

  test('is not cut inside a character', () => {
    const [high = '', low = ''] = '🙂'.split('');
    expect(texts(['x'.repeat(399) + high, low + 'y'])).toEqual(['x'.repeat(399), '🙂y']);
  });

  test.each([
    ['at any place', SECRET.split('')],
    ['at the end of a line', ['pa"ss\\w\n', 'örd/42 is it\n']],
    ['after much of a line', ['x'.repeat(398) + 'pa"', 'ss\\wörd/42\n']],
    ['after more than is waited for', ['pa"ss\\wörd/42'.repeat(4_000) + 'pa"s', 's\\wörd/42']],
  ])('shows no secret that is divided %s', (_place, pieces) => {
    const shown = texts(pieces).join('');
    expect(shown).toContain('***');
    expect(shown).not.toMatch(/pa"|ss|rd|42/);
  });

  test('a line that could be the beginning of a secret for ever is let out all the same', () => {
    const reader = new ActivityReader({
      program: 'gemini',
      masker: createMasker(['aaaaaaaa']),
      workFolder: '/srv/shop',
      session: null,
    });
    for (let piece = 0; piece < 100; piece += 1) reader.push(Buffer.from(printed([gemini.said('a'.repeat(400))])));
    expect(reader.take().length).toBeGreaterThan(0);
  });
});

test.each<[string, AgentProgram, Line]>([
  ['a message', 'codex', codex.said(`It is ${SECRET}.`)],
  ['a command', 'codex', codex.ran(`login ${SECRET}`)],
  ['an output', 'claude', claudeAnswers('t1', `> ${SECRET}`)],
  ['a step', 'claude', claude.asked('t1', 'TodoWrite', { todos: [{ content: SECRET }] })],
  ['a path', 'codex', codexItem('completed', { type: 'file_change', changes: [{ path: `/a/${SECRET}` }] })],
  ['the name of a tool', 'claude', claude.asked('t1', `x ${SECRET}`, {})],
  ['a warning', 'gemini', gemini.error(`Bad key ${SECRET}`)],
  ['an event that is not known', 'gemini', { type: SECRET, held: [{ [SECRET]: SECRET }] }],
])('a secret is masked in %s, in whatever way its JSON is written', (_what, program, line) => {
  const json = JSON.stringify(line);
  // Each of its characters as an escape that JSON has for it.
  const escaped = json.replace(/[pswrdö/]/g, (character) =>
    character === '/' ? '\\/' : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  for (const output of [json, escaped]) {
    const shown = JSON.stringify(read(program, `${output}\n`));
    expect(shown).toContain('***');
    expect(shown).not.toMatch(/ss\\|w.rd|42/);
  }
});

describe('long texts', () => {
  test('a message goes on in the next entries of its item, and is all there', () => {
    const text = Array.from({ length: 3_000 }, (_, line) => `Line ${line} 🙂\n`).join('');
    const entries = read('codex', [codex.said(text), codex.said('Next.')]);
    const own = entries.filter((entry) => entry.item === 0);
    expect(own.map((entry) => ('text' in entry ? entry.text : '')).join('')).toBe(text);
    expect(own.length).toBe(Math.ceil(text.length / MAX_ACTIVITY_TEXT_CHARS));
    expect(entries.at(-1)).toEqual({ kind: 'message', item: 1, text: 'Next.' });
  });

  test('of an output its two ends are kept', () => {
    const item = { id: 'a', type: 'command_execution', aggregated_output: `begin${'x\n'.repeat(1_000_000)}end` };
    const [entry] = read('codex', [codexItem('completed', item)]);
    if (entry?.kind !== 'tool' || entry.output === null) throw new Error('Expected an output');
    expect(entry.output).toMatch(/^begin[x\n]+…[x\n]+end$/);
    expect(entry.output.length).toBeGreaterThan(MAX_ACTIVITY_OUTPUT_CHARS - 20);
  });

  test.each([...Array(30).keys()])('a secret at a cut is masked (%i)', (shift) => {
    const filled = (chars: number): string => '.'.repeat(chars);
    const text = `${filled(980 + shift)}${SECRET}${filled(900_000)}${SECRET}${filled(1_980 + shift)}`;
    const item = { id: 'a', type: 'command_execution', command: text, aggregated_output: text };
    const shown = JSON.stringify(read('codex', [codexItem('completed', item)]));
    expect(shown).not.toMatch(/pa|ss|w.rd|42/);
  });
});

test.each([
  ['of one item', [codex.ran('make')]],
  ['of items of their own', [codex.said('Again.')]],
])('after the most entries of a run, %s, one warning says so, and nothing follows', (_what, lines) => {
  const entries = read('codex', printed(lines).repeat(MAX_ACTIVITY_ENTRIES + 2));
  expect(entries).toHaveLength(MAX_ACTIVITY_ENTRIES + 1);
  expect(entries.at(-2)).not.toMatchObject({ kind: 'warning' });
  expect(entries.at(-1)).toMatchObject({ kind: 'warning', text: expect.stringContaining('raw output') });
  expect(entries.filter(({ item }) => item === entries.at(-1)?.item)).toHaveLength(1);
});

test('what can not be stored is replaced', () => {
  const output = '{"type":"item.completed","item":{"type":"agent_message","text":"a\\u0000b\\ud83dc"}}\n';
  expect(read('codex', output)).toEqual([{ kind: 'message', item: 0, text: 'a\uFFFDb\uFFFDc' }]);
});

test('lines that are no events are not told', () => {
  expect(read('codex', `Reading from stdin…\n[1]\n{"type":\nnull\n${'x'.repeat(100)}\n`)).toEqual([]);
});

describe('values of any shape', () => {
  const next = numbers(7);
  const odd = (depth: number): unknown => {
    const values: (() => unknown)[] = [
      () => null,
      () => true,
      () => -1.5e300,
      () => '',
      () => ' ',
      () => 'constructor',
      () => '\ud800\0',
      () => 'x'.repeat(next() % 20_000),
      () => [],
      () => Array.from({ length: next() % 4 }, () => odd(depth - 1)),
      () => Object.fromEntries(Array.from({ length: next() % 4 }, () => [`k${next() % 9}`, odd(depth - 1)])),
    ];
    return values[next() % (depth > 0 ? values.length : 8)]?.();
  };
  /** A value of that shape in which some parts are something else. */
  const bent = (value: unknown): unknown => {
    if (next() % 6 === 0) return odd(3);
    if (Array.isArray(value)) return value.map(bent);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, held]) => [key, key === 'type' && next() % 9 ? held : bent(held)]),
    );
  };

  test.each(PROGRAMS)('nothing in the stream of %s makes anything but entries', (program) => {
    const lines: string[] = [];
    for (let round = 0; round < 60; round += 1)
      for (const line of STREAMS[program]) lines.push(JSON.stringify(bent(line)));
    expect(read(program, lines.join('\n')).length).toBeGreaterThan(0);
  });

  test.each(PROGRAMS)('%s: what is nested too deep to be printed', (program) => {
    const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;
    for (const line of STREAMS[program])
      for (const key of Object.keys(line)) {
        const { [key]: _left, ...rest } = line;
        read(program, `${JSON.stringify({ ...rest, [key]: 0 }).replace(`"${key}":0`, `"${key}":${deep}`)}\n`);
      }
    expect(read(program, `{"type":"new","held":${deep}}\n`)).toMatchObject([{ kind: 'other', name: 'new' }]);
  });
});

test.each<[AgentProgram, Line[]]>([
  [
    'codex',
    [codexItem('completed', { id: '1', type: 'file_change', changes: [{ path: '/srv/shop/src/a.ts', kind: 'add' }] })],
  ],
  ['claude', [claudeSays([{ type: 'tool_use', id: '1', name: 'Read', input: { file_path: '/srv/shop/src/a.ts' } }])]],
  [
    'gemini',
    [{ type: 'tool_use', tool_id: '1', tool_name: 'write_file', parameters: { file_path: '/srv/shop/src/a.ts' } }],
  ],
  [
    'opencode',
    [{ type: 'tool_use', part: { callID: '1', tool: 'edit', state: { input: { filePath: '/srv/shop/src/a.ts' } } } }],
  ],
])('%s tells of a file by its path in the repository', (program, lines) => {
  expect(read(program, lines)[0]).toMatchObject({ target: 'src/a.ts' });
});

test.each(['/srv/shop-old/a.ts', '/srv/shop', '/srv/shop/', 'src/a.ts', '/etc/hosts'])(
  'what lies elsewhere, or is the folder itself, is told as it is: %s',
  (path) => {
    const lines = [claudeSays([{ type: 'tool_use', id: '1', name: 'Read', input: { file_path: path } }])];
    expect(read('claude', lines)[0]).toMatchObject({ target: path });
  },
);

test('a command is told as it is given', () => {
  const lines = [codexItem('started', { id: '1', type: 'command_execution', command: '/srv/shop/run.sh --all' })];
  expect(read('codex', lines)[0]).toMatchObject({ target: '/srv/shop/run.sh --all' });
});

test('what a session had used before is not told as what this run uses', () => {
  const session = { id: 's-1', inputTokens: 500, cachedInputTokens: 300, outputTokens: 60, costUsd: 0.2 };
  const usageOf = (program: AgentProgram, lines: Line[]) =>
    read(program, lines, undefined, session).find(({ kind }) => kind === 'usage');
  expect(usageOf('codex', [codex.started(), codex.turn(), codex.done()])).toMatchObject({
    inputTokens: 400,
    cachedInputTokens: 0,
    outputTokens: 10,
  });
  // What the last turn alone has cost is taken as it is, and a total without what stood before.
  const costOf = (more: Line) => usageOf('claude', [claude.init(), claude.result(more)]);
  expect(costOf({})).toMatchObject({ inputTokens: 400, outputTokens: 40, costUsd: 0.25 });
  expect(costOf({ model_usage_since_last_result: undefined })).toMatchObject({
    inputTokens: 400,
    costUsd: expect.closeTo(0.55, 9) as number,
  });
});
