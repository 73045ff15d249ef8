import { v7 } from 'uuid';
import { describe, expect, test } from 'vitest';
import { ContractError } from '#contract/parse.ts';
import { Request } from '#contract/request.ts';
import { MAX_ASKS } from './rules/asks.ts';
import { relayMessage } from './relayer.ts';

const projectId = '0198c000-0000-7000-8000-000000000001';
const messageId = '0198c000-0000-7000-8000-000000000002';

function relay(text: string): Request[] {
  return relayMessage({ projectId, messageId, recordingId: null, source: 'chat', text, newId: () => v7() });
}
const only = (text: string): Request => {
  const requests = relay(text);
  expect(requests).toHaveLength(1);
  return requests[0] as Request;
};

test('a request says where it came from, in the words of its own ask', () => {
  const [first, second] = relay('Add a CONTRIBUTING file and, urgent, fix the failing test in src/sum.js');
  expect(first).toMatchObject({
    projectId,
    messageId,
    recordingId: null,
    source: 'chat',
    text: 'Add a CONTRIBUTING file',
  });
  expect(second).toMatchObject({
    text: 'urgent, fix the failing test in src/sum.js',
    pathHints: ['src/sum.js'],
    priority: 1,
  });
  expect(first?.id).not.toBe(second?.id);
});

test('the same text gives the same requests', () => {
  const ids = (): (() => string) => {
    let next = 0;
    return () => `0198c000-0000-7000-8000-${String((next += 1)).padStart(12, '0')}`;
  };
  const text = '1. fix the header\n2. deploy to staging, p1';
  const input = { projectId, messageId, recordingId: null, source: 'voice' as const, text };
  expect(relayMessage({ ...input, newId: ids() })).toEqual(relayMessage({ ...input, newId: ids() }));
});

test('an id that is none is refused by the contract', () => {
  expect(() =>
    relayMessage({
      projectId: 'x',
      messageId,
      recordingId: null,
      source: 'chat',
      text: 'fix the header',
      newId: () => v7(),
    }),
  ).toThrow(ContractError);
});

describe('acceptance criteria', () => {
  test.each([
    [
      'Refactor a.ts so that it is under 100 lines; it must keep its tests green',
      ['it is under 100 lines', 'it must keep its tests green'],
    ],
    [
      'Add rate limiting. It should answer 429 after five attempts and say when to try again.',
      ['It should answer 429 after five attempts and say when to try again'],
    ],
    ["Fix the header, but don't change the footer", ["don't change the footer"]],
    ['Fix the header and make sure it works on mobile', ['make sure it works on mobile']],
    ['Split core/a.ts; the e2e tests must still pass', ['the e2e tests must still pass']],
    [
      'Fix the header.\n\nAcceptance criteria:\n- it is sticky on mobile\n- the tests stay green',
      ['it is sticky on mobile', 'the tests stay green'],
    ],
    ['Acceptance criteria: the tests stay green. Fix the header.', ['the tests stay green']],
    ['1. Fix the header\n   - sticky on mobile\n   - keep the logo', ['sticky on mobile', 'keep the logo']],
    ["Fix the typo: 'Wellcome' should be 'Welcome'", ["'Wellcome' should be 'Welcome'"]],
    [
      'Implement OAuth login. Users should be able to link accounts. Use the existing session table.',
      ['Users should be able to link accounts', 'Use the existing session table'],
    ],
    ['Make all buttons blue', []],
  ])('%s', (text, criteria) => {
    expect(only(text).acceptanceCriteria).toEqual(criteria);
  });
});

describe('path hints', () => {
  test.each([
    ['Fix core/a.ts:10:5 and ./web/b.tsx.', ['core/a.ts', './web/b.tsx']],
    ['rename the file `old name.txt` to `new name.txt`', ['old name.txt', 'new name.txt']],
    ['Fix the links in README and docs/', ['README', 'docs/']],
    ['Remove the console.log in pages/[id].tsx', ['pages/[id].tsx']],
    ['Fix src\\sum.js please', ['src\\sum.js']],
    ['Update Node.js and/or Next.js, e.g. to 20.19 (client/server), see https://a.example/b.ts', []],
    ['the health check at /healthz times out', []],
    ['In web/app/settings.tsx, replace the checkbox with a toggle', ['web/app/settings.tsx']],
    ['run `npm test -- a.ts` again for the parser', []],
  ])('%s', (text, paths) => {
    expect(only(text).pathHints).toEqual(paths);
  });
});

describe('long and hostile input', () => {
  const lengthChars = 20_000;
  const units = [
    'fix it and ',
    'fix the a and ',
    'fix a, ',
    '- fix the header\n',
    '  - deep item\n',
    'urgent, ',
    'priority: ',
    'both urgent, ',
    'when the user clicks, ',
    'and ',
    '((fix ',
    '`',
    '``` \n',
    '"',
    '“a ',
    "'a ",
    'a.',
    'a/',
    '/',
    '\\',
    '. ',
    'please ',
    'can you ',
    'so that ',
    '1) a 2) b ',
    'a: ',
    'do the following: ',
    'to run and ',
    'users report that ',
    'fix a (p1), b (p2), ',
    'second thing, ',
    'plese fxi teh heder ',
    'Two bugs: a fails, and ',
    'ha',
    '🔥',
    '\n',
    '> ',
    '#',
    'http://a.b/',
    '[ ] ',
    'AC: ',
    'whenever you have time ',
    'Add a thing that should run and ',
    '\u0000',
    '\ud800',
    ' ',
  ];
  test.each(units)('20,000 characters of %j are read and keep to the contract', (unit) => {
    const requests = relay(unit.repeat(Math.ceil(lengthChars / unit.length)));
    expect(requests.length).toBeLessThanOrEqual(MAX_ASKS);
    for (const request of requests) expect(Request.safeParse(request).success).toBe(true);
  });

  test('past the most asks of a message the rest stays with the last, and no word is lost', () => {
    const items = Array.from({ length: 80 }, (_, i) => `- fix the header of page${i}`);
    const requests = relay(items.join('\n'));
    expect(requests).toHaveLength(MAX_ASKS);
    const words = requests.map(({ text }) => text).join('\n');
    for (let i = 0; i < 80; i += 1) expect(words).toContain(`page${i}`);
  });

  test('a message over the limit is cut, not refused', () => {
    expect(relay(`Fix the header. ${'x '.repeat(30_000)}`)).toHaveLength(1);
  });
});
