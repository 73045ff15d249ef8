import { readFileSync } from 'node:fs';
import { v7 } from 'uuid';
import { describe, expect, test } from 'vitest';
import { TaskDefinition } from '#contract/task-definition.ts';
import { PHRASINGS } from '#tests/fixtures/phrasings.ts';
import { relayMessage } from '../relayer.ts';
import { rulesPlanner } from './rules-planner.ts';
import { corrected } from './spelling.ts';

interface Utterance {
  text: string;
  tasks: { type: string; priority: number; agent: string; titleHas?: string[]; criteriaHas?: string[] }[];
}

const fixture = JSON.parse(
  readFileSync(new URL('../../../tests/fixtures/utterances.json', import.meta.url), 'utf8'),
) as { cases: Utterance[] };
const DEFAULT_AGENTS = ['frontend', 'backend', 'qa', 'infra', 'docs'].map((name) => ({ name, isEnabled: true }));

async function plan(text: string, agents = DEFAULT_AGENTS): Promise<TaskDefinition[]> {
  const messageId = v7();
  const requests = relayMessage({
    projectId: v7(),
    messageId,
    recordingId: null,
    source: 'chat',
    text,
    newId: () => v7(),
  });
  const tasks = await rulesPlanner.plan(requests, { agents });
  expect(tasks.map(({ requestId }) => requestId)).toEqual(requests.map(({ id }) => id));
  return tasks;
}

describe('utterances', () => {
  test.each(fixture.cases)('$text', async ({ text, tasks: expected }) => {
    const tasks = await plan(text);
    expect(tasks.map(({ type, priority, agent }) => ({ type, priority, agent: agent.name }))).toEqual(
      expected.map(({ type, priority, agent }) => ({ type, priority, agent })),
    );
    for (const [i, { titleHas = [], criteriaHas = [] }] of expected.entries()) {
      const task = tasks[i];
      for (const words of titleHas)
        expect(`${task?.title} ${task?.description}`.toLowerCase()).toContain(words.toLowerCase());
      for (const words of criteriaHas) expect(task?.acceptanceCriteria.join('\n')).toContain(words);
    }
  });
});

for (const [kind, phrasings] of Object.entries(PHRASINGS)) {
  describe(kind, () => {
    test.each(phrasings)('%s', async (text, expected) => {
      const tasks = await plan(text);
      expect(tasks.map(({ type, priority, agent }) => [type, priority, agent.name])).toEqual(expected);
      for (const task of tasks) expect(TaskDefinition.safeParse(task).success).toBe(true);
    });
  });
}

/** A regression table like PHRASINGS, with words that must survive; where no agent is given either side is right. */
const chatMessages = JSON.parse(readFileSync(new URL('./chat-messages.json', import.meta.url), 'utf8')) as {
  text: string;
  tasks: { type: string; priority: number; agent?: string; titleHas: string[] }[];
}[];

describe('chat messages', () => {
  test.each(chatMessages)('$text', async ({ text, tasks: expected }) => {
    const tasks = await plan(text);
    expect(tasks.map(({ type, priority }) => ({ type, priority }))).toEqual(
      expected.map(({ type, priority }) => ({ type, priority })),
    );
    for (const [i, { agent, titleHas }] of expected.entries()) {
      const task = tasks[i];
      if (agent !== undefined) expect(task?.agent.name).toBe(agent);
      for (const words of titleHas)
        expect(`${task?.title} ${task?.description}`.toLowerCase()).toContain(words.toLowerCase());
    }
  });
});

describe('slips of typing', () => {
  test.each([
    ['plese', 'please'],
    ['upgrde', 'upgrade'],
    ['heder', 'header'],
    ['teh', 'the'],
    ['remote', 'remote'],
    ['crate', 'crate'],
    ['cloud', 'cloud'],
    ['updates', 'updates'],
    ['constructor', 'constructor'],
  ])('%s is read as %s', (typed, meant) => {
    expect(corrected(typed)).toBe(meant);
  });
});

describe('titles', () => {
  test.each([
    ['urgent, please fix the failing test in src/sum.js', ['Fix the failing test in src/sum.js']],
    ['make the call to action #0066FF, priority 2', ['Make the call to action #0066FF']],
    ['p1: the API returns 500 when the email is empty', ['Fix: the API returns 500 when the email is empty']],
    [
      'The migration 0004 fails on an empty database. Fix it. High priority.',
      ['Fix: The migration 0004 fails on an empty database'],
    ],
    [
      'Add a column archived_at to projects and a migration for it (prio 4)',
      ['Add a column archived_at to projects and a migration for it'],
    ],
    ['We need a CSV export on the analytics page', ['Add a CSV export on the analytics page']],
    ['I want the header to be blue', ['Make the header blue']],
    ['Would you mind adding a tooltip?', ['Add a tooltip']],
    ['The login form is ugly. Redesign it. Urgent.', ['Redesign it: The login form is ugly']],
    ['login is broken, can you investigate?', ['Investigate: login is broken']],
    ['Fix the cron job, this one is really urgent!', ['Fix the cron job']],
    ['Add tests for:\n- login\n- signup', ['Add tests for login, signup']],
    ['Replace „Senden“ with “Submit” in `web/my page.tsx`', ['Replace „Senden“ with “Submit” in `web/my page.tsx`']],
    ['Fix login (p1), dark mode (p5)', ['Fix login', 'Fix dark mode']],
    ['Users report that the reset mail never arrives', ['Fix: the reset mail never arrives']],
    ['FIX THE LOGIN PAGE. ASAP!!!', ['FIX THE LOGIN PAGE']],
  ])('%s', async (text, titles) => {
    expect((await plan(text)).map(({ title }) => title)).toEqual(titles);
  });

  test('a long ask is shortened at a clause, and whole in the description', async () => {
    const text = `Add a button that opens the settings, which ${'really '.repeat(40)}matters`;
    const [task] = await plan(text);
    expect(task?.title).toBe('Add a button that opens the settings');
    expect(task?.description).toBe(text);
  });
});

test('an ask that points back carries what it points to', async () => {
  const [, second] = await plan('Add a search box and write tests for it');
  expect(second?.description).toBe('write tests for it\n\nSaid right after: Add a search box');
});

test('the choice of the agent is explained', async () => {
  const why = async (text: string): Promise<string | undefined> => (await plan(text))[0]?.agent.why;
  expect(await why('Fix web/app/root.tsx')).toBe('path web/app/root.tsx → frontend');
  expect(await why('Make all buttons blue')).toBe('button, blue → frontend');
  expect(await why('Write tests for the login form')).toBe('type test → qa');
  expect(await why('rename foo to bar')).toBe('code without a sign of the interface → backend');
  expect(await why('@docs rename foo to bar')).toBe('you named docs');
});

test('the agent that fits is named even when the project has none by that name; a custom one when the person names it', async () => {
  const agents = [{ name: 'claude', isEnabled: false }];
  expect((await plan('Make all buttons blue', agents))[0]?.agent.name).toBe('frontend');
  expect((await plan('@claude make all buttons blue', agents))[0]?.agent.name).toBe('claude');
});

test('without a stated criterion the usual one of the type stands in', async () => {
  const [task] = await plan('Make all buttons blue');
  expect(task?.acceptanceCriteria).toEqual(['The change does what is asked for, and the existing tests pass']);
});

test('a request that the rules see no ask in is still planned: the API may send any text', async () => {
  const request = {
    id: v7(),
    projectId: v7(),
    source: 'api' as const,
    text: 'lorem ipsum',
    intent: 'code_change' as const,
    priority: 3,
    pathHints: [],
    acceptanceCriteria: [],
    messageId: null,
    recordingId: null,
  };
  const [task] = await rulesPlanner.plan([request], { agents: [] });
  expect(task).toMatchObject({ title: 'Lorem ipsum', description: 'lorem ipsum', agent: { name: 'backend' } });
});

describe('titles', () => {
  test.each([
    ['**fix** the login page', 'Fix the login page'],
    ['***urgent*** _please_ fix **the login page**', 'Fix the login page'],
    ['add _soft_ shadows to the *header*', 'Add soft shadows to the header'],
    ['rename __init__ to setup in core/db.py', 'Rename __init__ to setup in core/db.py'],
    [
      'the runner keeps losing its lease, extend the timeout to 60 s',
      'Extend the timeout to 60 s: the runner keeps losing its lease',
    ],
    ['Bitte füge eine CONTRIBUTING-Datei hinzu', 'Bitte füge eine CONTRIBUTING-Datei hinzu'],
  ])('%s', async (text, title) => {
    const [task] = await plan(text);
    expect(task?.title).toBe(title);
  });
});
