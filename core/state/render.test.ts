import { describe, expect, test } from 'vitest';
import { cutText } from '#contract/cut-text.ts';
import { InvalidInputError } from '#core/errors/errors.ts';
import { contentHash, factsHash } from './content-hash.ts';
import { diffStateDocuments } from './diff-documents.ts';
import { MAX_STATE_DOCUMENT_CHARS, parseStateDocument } from './document.ts';
import type { StateFormat } from './document.ts';
import { EMPTY_HUMAN_PART, extractHumanPart, humanDifferences, humanPartOf } from './human-part.ts';
import type { HumanPart } from './human-part.ts';
import { buildStateDocument, MAX_LISTED_TASKS, renderStateDocument } from './render.ts';
import type { StateFacts, StateTask } from './render.ts';

const FORMATS: StateFormat[] = ['yaml', 'json'];

function taskId(n: number): string {
  return `0198c000-0000-7000-8000-${String(n).padStart(12, '0')}`;
}

function task(n: number, given: Partial<StateTask> = {}): StateTask {
  const at = new Date(Date.UTC(2026, 0, 1, 0, 0, n));
  return {
    id: taskId(n),
    shortId: `DEMO-${n}`,
    title: `Task ${n}`,
    status: 'queued',
    priority: 3,
    agentName: 'backend',
    blockedReason: null,
    heldBy: null,
    isReport: false,
    createdAt: at,
    updatedAt: at,
    ...given,
  };
}

function facts(given: Partial<StateFacts> = {}): StateFacts {
  const totals = { in_progress: 0, needs_review: 0, blocked: 0, failed: 0, held: 0, queued: 0 };
  for (const { status, heldBy } of given.tasks ?? []) totals[status === 'queued' && heldBy ? 'held' : status] += 1;
  return {
    project: { name: 'Demo', status: 'active' },
    human: EMPTY_HUMAN_PART,
    tasks: [],
    totals,
    lastCompletedRun: null,
    lastChangedAt: null,
    ...given,
  };
}

const HOSTILE = [
  'a: b',
  '# no comment',
  'it\'s "quoted"',
  'two\nlines',
  'trailing\n\n',
  '  indented',
  'emoji 🔥 👩‍💻',
  '---',
  '...',
  'yes',
  'no',
  'null',
  '~',
  '0x1f',
  '0o17',
  '1e3',
  '.inf',
  '2026-01-01',
  '12:30:45',
  '- item',
  '? key',
  '! tag',
  '&anchor',
  '*alias',
  '%YAML 1.2',
  '@at',
  '`tick`',
  '{a: 1}',
  '[1]',
  '|',
  '>-',
  'tab\there',
  '\\n',
  'crlf\r\nline',
  ' \u00a0 ',
  '\u2028',
  '\u0085',
  '\u0007bell',
  '\ufeffbom',
  'long '.repeat(2_000),
  "'",
  '"',
  '<script>',
  '${x}',
  'a\u0000b'.replace('\u0000', ''),
  '🔥'.repeat(300),
  '\n',
  ':',
];

test('the canonical content, in its order', () => {
  const text = renderStateDocument(
    facts({
      human: {
        currentFocus: 'Ship it',
        status: null,
        pinnedActions: [{ description: 'Call Anna', priority: 2 }],
        notes: 'Read this.',
      },
      tasks: [
        task(1, { status: 'in_progress', agentName: null }),
        task(2, { status: 'blocked', blockedReason: 'agent frontend is disabled', priority: 1 }),
        task(3, { status: 'needs_review', priority: 2 }),
        task(4, { status: 'failed' }),
        task(5),
      ],
      lastCompletedRun: { id: taskId(90), summary: 'Fixed: it', finishedAt: new Date('2026-01-02T03:04:05.678Z') },
    }),
    'yaml',
  );
  expect(text).toBe(`project:
  name: Demo
  status: active
summary:
  current_focus: Ship it
  last_update: 2026-01-02T03:04:05.678Z
tasks:
  active:
    - id: ${taskId(3)}
      short_id: DEMO-3
      title: Task 3
      status: needs_review
      agent: backend
    - id: ${taskId(1)}
      short_id: DEMO-1
      title: Task 1
      status: in_progress
      agent: null
  blocked:
    - id: ${taskId(2)}
      short_id: DEMO-2
      reason: agent frontend is disabled
  next:
    - id: ${taskId(5)}
      short_id: DEMO-5
      title: Task 5
      priority: 3
      agent: backend
runs:
  last_completed:
    run_id: ${taskId(90)}
    summary: "Fixed: it"
    finished_at: 2026-01-02T03:04:05.678Z
next_actions:
  - description: Call Anna
    priority: 2
    pinned: true
  - description: "Unblock: Task 2 (agent frontend is disabled)"
    priority: 1
    pinned: false
  - description: "Review: Task 3"
    priority: 2
    pinned: false
  - description: "Retry or cancel: Task 4"
    priority: 3
    pinned: false
notes: Read this.
`);
});

test('the next five tasks come by priority, then age, then id', () => {
  const at = new Date(Date.UTC(2026, 0, 1));
  const tasks = [
    task(9, { priority: 5 }),
    task(8),
    task(7),
    task(2, { createdAt: at }),
    task(1, { createdAt: at }),
    task(6, { priority: 1 }),
    task(5, { status: 'in_progress' }),
  ];
  expect(buildStateDocument(facts({ tasks })).tasks.next.map(({ id }) => id)).toEqual([6, 1, 2, 7, 8].map(taskId));
});

describe.each(FORMATS)('%s', (format) => {
  test('the same facts give the same bytes, whatever their order', () => {
    const tasks = Array.from({ length: 40 }, (_, i) =>
      task(i, {
        priority: (i % 5) + 1,
        status: (['queued', 'in_progress', 'blocked', 'needs_review', 'failed'] as const)[i % 5] ?? 'queued',
      }),
    );
    expect(renderStateDocument(facts({ tasks: [...tasks].reverse() }), format)).toBe(
      renderStateDocument(facts({ tasks }), format),
    );
  });

  test.each(HOSTILE.map((text) => [text.slice(0, 40), text]))(
    'hostile words stay what they are: %j',
    (_label, text) => {
      const given = facts({
        project: { name: text, status: 'paused' },
        human: { ...EMPTY_HUMAN_PART, notes: text },
        tasks: [
          task(1, { title: text, status: 'in_progress', agentName: text }),
          task(2, { title: text }),
          task(3, { status: 'blocked', blockedReason: text }),
        ],
        lastCompletedRun: { id: taskId(4), summary: text, finishedAt: new Date(0) },
      });
      const parsed = parseStateDocument(renderStateDocument(given, format), format);
      expect(parsed).toEqual({
        ...buildStateDocument(given),
        summary: { ...buildStateDocument(given).summary, current_focus: parsed.summary.current_focus },
      });
      expect(renderStateDocument(given, format)).toBe(renderStateDocument(given, format));
    },
  );

  test('an empty project', () => {
    expect(parseStateDocument(renderStateDocument(facts(), format), format)).toEqual(buildStateDocument(facts()));
  });
});

describe('what makes a version', () => {
  test('time alone does not: the last update is the newest change among the facts', () => {
    const given = facts({ tasks: [task(1), task(2)], lastChangedAt: new Date('2026-02-01T00:00:00Z') });
    expect(buildStateDocument(given).summary.last_update).toBe('2026-02-01T00:00:00.000Z');
    expect(buildStateDocument(facts({ tasks: [task(1), task(2)] })).summary.last_update).toBe(
      '2026-01-01T00:00:02.000Z',
    );
    expect(factsHash(given)).toBe(factsHash(structuredClone(given)));
  });

  test('a changed task, run or transcript does', () => {
    const given = facts({ tasks: [task(1)] });
    const hashes = [
      given,
      { ...given, tasks: [task(1, { status: 'in_progress' })] },
      { ...given, lastCompletedRun: { id: taskId(1), summary: null, finishedAt: new Date(0) } },
      { ...given, lastChangedAt: new Date('2026-03-01T00:00:00Z') },
      { ...given, human: { ...EMPTY_HUMAN_PART, notes: 'x' } },
    ].map(factsHash);
    expect(new Set(hashes).size).toBe(hashes.length);
  });

  test('the hash of the text is its SHA-256', () => {
    expect(contentHash('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  });
});

describe('the part of a person', () => {
  const shown = facts({ tasks: [task(1, { status: 'in_progress' })] });
  const human: HumanPart = {
    currentFocus: 'Ship it',
    status: 'active',
    pinnedActions: [{ description: 'Call: Anna', priority: 1 }],
    notes: 'a: b\n# c\n',
  };

  test.each(FORMATS)('is found again in a text that is older than its column (%s)', (stateFormat) => {
    const content = renderStateDocument({ ...shown, human }, stateFormat);
    expect(humanPartOf({ human: null, content, stateFormat })).toEqual(human);
    const rebuilt = buildStateDocument(facts({ human, tasks: [task(7)] }));
    expect(rebuilt).toMatchObject({ summary: { current_focus: 'Ship it' }, notes: 'a: b\n# c\n' });
    expect(rebuilt.next_actions[0]).toEqual({ description: 'Call: Anna', priority: 1, pinned: true });
  });

  test('a focus that was only shown stays generated, and generated actions are nobody’s', () => {
    for (const given of [shown, facts({ tasks: [task(3)] }), facts()]) {
      const document = buildStateDocument(given);
      expect(extractHumanPart(document)).toEqual({ ...EMPTY_HUMAN_PART, status: 'active' });
    }
  });

  test('what differs is named by its field', () => {
    expect(humanDifferences(human, { ...human, notes: '', pinnedActions: [] })).toEqual(['pinnedActions', 'notes']);
    expect(humanDifferences(human, structuredClone(human))).toEqual([]);
  });
});

describe('what is too much for the document', () => {
  const many = (n: number, given: Partial<StateTask>): StateTask[] =>
    Array.from({ length: n }, (_, i) => task(i, given));

  test('is cut, and every list says how much more there is', () => {
    const tasks = [
      ...many(MAX_LISTED_TASKS, { status: 'in_progress' }),
      ...many(MAX_LISTED_TASKS, { status: 'blocked', blockedReason: 'x' }),
      ...many(MAX_LISTED_TASKS, {}),
    ];
    const totals = { in_progress: 300, needs_review: 1, blocked: 250, failed: 2, held: 3, queued: 400 };
    const document = buildStateDocument(facts({ tasks, totals }));
    expect(document.tasks).toMatchObject({
      active_more: 'and 201 more',
      blocked_more: 'and 150 more',
      next_more: 'and 395 more',
    });
    expect(document.next_actions_more).toBe('and 246 more');
    expect(parseStateDocument(renderStateDocument(facts({ tasks, totals }), 'yaml'), 'yaml')).toEqual(document);
    expect(buildStateDocument(facts({ tasks: [task(1)] })).tasks).not.toHaveProperty('next_more');
  });

  test.each([
    ['emoji', '👩‍💻'],
    ['what is written as escapes', '\u0007'],
    ['lines', 'a\n'],
    ['quotes', '"\\'],
  ])('keeps to its size and is read again: %s', (_what, text) => {
    const long = text.repeat(20_000);
    const tasks = (['in_progress', 'needs_review', 'blocked', 'failed', 'queued'] as const).flatMap((status) =>
      many(MAX_LISTED_TASKS, {
        status,
        title: cutText(long, 200),
        agentName: cutText(long, 120),
        blockedReason: status === 'blocked' ? cutText(long, 2_000) : null,
      }),
    );
    const pinnedActions = Array.from({ length: 50 }, () => ({ description: cutText(long, 500), priority: 3 }));
    const given = facts({
      tasks,
      human: { currentFocus: cutText(long, 500), status: null, pinnedActions, notes: cutText(long, 20_000) },
      lastCompletedRun: { id: taskId(1), summary: long, finishedAt: new Date(0) },
    });
    for (const format of FORMATS) {
      const written = renderStateDocument(given, format);
      expect(written.length).toBeLessThanOrEqual(MAX_STATE_DOCUMENT_CHARS);
      expect(written.isWellFormed()).toBe(true);
      // Characters stay whole: half of this emoji is another one.
      if (text === '👩‍💻') expect(written.replaceAll(text, '')).not.toMatch(/👩|💻/u);
      expect(written).toMatch(/and \d+ more/);
      expect(() => parseStateDocument(written, format)).not.toThrow();
    }
  });
});

describe('a text that is no state document of ours', () => {
  const minimal = 'project: { name: Demo, status: active }\nsummary: {}\n';
  const problemsOf = (text: string, format: StateFormat = 'yaml'): string => {
    try {
      parseStateDocument(text, format);
    } catch (error) {
      if (error instanceof InvalidInputError) return error.message;
      throw error;
    }
    return 'none';
  };

  test('may leave out what is generated', () => {
    expect(parseStateDocument(minimal, 'yaml')).toMatchObject({
      tasks: { active: [], blocked: [], next: [] },
      runs: { last_completed: null },
      next_actions: [],
      notes: '',
    });
  });

  test.each<[string, string, StateFormat, RegExp]>([
    ['a wrong status', 'project: { name: Demo, status: asleep }\nsummary: {}\n', 'yaml', /^content\.project\.status: /],
    ['a key too many', `${minimal}color: blue\n`, 'yaml', /color/],
    [
      'a priority out of range',
      `${minimal}next_actions:\n  - { description: x, priority: 9, pinned: true }\n`,
      'yaml',
      /^content\.next_actions\.0\.priority: Priority runs from 1/,
    ],
    [
      'a number where a text is due',
      `${minimal}tasks: { next: [{ id: ${taskId(1)}, title: 0x1f, priority: 1, agent: null }] }\n`,
      'yaml',
      /^content\.tasks\.next\.0\.title: /,
    ],
    [
      'a pinned action without words',
      `${minimal}next_actions:\n  - { description: "  ", priority: 1, pinned: true }\n`,
      'yaml',
      /^content\.next_actions\.0\.description: /,
    ],
    [
      'too many pinned',
      `${minimal}next_actions:\n${'  - { description: x, priority: 1, pinned: true }\n'.repeat(51)}`,
      'yaml',
      /^content\.next_actions: At most 50/,
    ],
    ['broken YAML', 'project: [', 'yaml', /not YAML: .*line 1/],
    ['a key twice', `${minimal}notes: a\nnotes: b\n`, 'yaml', /not YAML: Map keys must be unique at line 4/],
    ['a tag', `${minimal}notes: !ruby/object a\n`, 'yaml', /not YAML: Unresolved tag/],
    ['two documents', `${minimal}---\n${minimal}`, 'yaml', /not YAML/],
    [
      'an alias bomb',
      `a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c,*c,*c,*c]\n`,
      'yaml',
      /alias/i,
    ],
    ['broken JSON', '{"project": ', 'json', /not JSON/],
    ['nothing', '', 'yaml', /^content: /],
    ['a text alone', 'hello', 'yaml', /^content: /],
    [
      'half a surrogate pair',
      '{"project":{"name":"\\ud800","status":"active"},"summary":{}}',
      'json',
      /^content\.project\.name: .*can not be stored/,
    ],
    ['a NUL', `${minimal}notes: "a\\0b"\n`, 'yaml', /^content\.notes: .*can not be stored/],
    ['too much', `${minimal}notes: ${'x'.repeat(600_000)}`, 'yaml', /at most/],
  ])('%s is refused with its place', (_what, text, format, message) => {
    expect(problemsOf(text, format)).toMatch(message);
  });
});

describe('the difference of two versions', () => {
  test('is a unified diff', () => {
    const a = renderStateDocument(facts({ tasks: [task(1)] }), 'yaml');
    const b = renderStateDocument(facts({ tasks: [task(1, { title: 'Renamed' })] }), 'yaml');
    const diff = diffStateDocuments({ label: 'version 1', text: a }, { label: 'version 2', text: b });
    expect(diff).toMatch(/^--- version 1\n\+\+\+ version 2\n@@ /);
    expect(diff).toContain('-      title: Task 1\n+      title: Renamed\n');
  });

  test('is empty when nothing differs', () => {
    expect(diffStateDocuments({ label: 'version 1', text: 'a\n' }, { label: 'version 2', text: 'a\n' })).toBe('');
  });

  test('of two large texts without a common line is everything replaced', () => {
    const lines = (mark: string): string => Array.from({ length: 12_000 }, (_, i) => `${mark}${i}\n`).join('');
    const diff = diffStateDocuments({ label: 'version 1', text: lines('a') }, { label: 'version 2', text: lines('b') });
    expect(diff).toContain('@@ -1,12000 +1,12000 @@\n-a0\n');
    expect(diff.split('\n')).toHaveLength(24_000 + 4);
  });
});

test('a held task starts by itself no more: it is not next, and somebody has to decide', () => {
  const document = buildStateDocument(facts({ tasks: [task(1, { heldBy: 'ada@example.test' }), task(2)] }));
  expect(document.tasks.next.map(({ id }) => id)).toEqual([taskId(2)]);
  expect(document.summary.current_focus).toBe('Task 2');
  expect(document.next_actions).toEqual([
    { description: 'Start or cancel: Task 1 (held, stopped by ada@example.test)', priority: 3, pinned: false },
  ]);
});

test('where nothing was changed the report is what is reviewed', () => {
  const document = buildStateDocument(
    facts({ tasks: [task(1, { status: 'needs_review', isReport: true }), task(2, { status: 'needs_review' })] }),
  );
  expect(document.next_actions.map(({ description }) => description)).toEqual([
    'Read the report: Task 1',
    'Review: Task 2',
  ]);
});
