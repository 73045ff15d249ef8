import { describe, expect, test } from 'vitest';
import type { AppliedFault } from '../faults/hit.ts';
import { check } from './check.ts';
import type { Facts, LineFact, Rule } from './facts.ts';
import { at, batch, goodFacts, HEAD, MERGE, run, RUN, START, TASK } from './planted.ts';

const linesOf = (facts: Facts): LineFact[] => facts.lines.get(RUN) ?? [];
const renumber = (facts: Facts, lines: LineFact[]): void => {
  facts.lines.set(
    RUN,
    lines.map((line, seq) => ({ ...line, seq })),
  );
  at(facts.runs, 0).lineCount = lines.length;
  at(facts.viewers, 0).logs.set(RUN, { isComplete: true, batches: [batch(linesOf(facts))] });
};
const secondAttempt = (facts: Facts): void => {
  facts.runs.push(
    run({ id: 'run-2', attempt: 2, lineCount: 0, status: 'canceled', reason: 'by_user', headCommit: null }),
  );
  facts.lines.set('run-2', []);
};
const fault = (changes: Partial<AppliedFault>): AppliedFault => ({
  kind: 'kill-runner',
  hit: 'runner-0',
  runIds: [],
  fromMs: 0,
  toMs: 500,
  ...changes,
});

test('nothing is found where nothing is wrong', () => {
  expect(check(goodFacts())).toEqual([]);
});

test('what a signal cut off in the last write is no loss, whether it was stored or not', () => {
  for (const cut of ['', 'fif', 'fifth']) {
    const facts = goodFacts();
    at(facts.journals, 0).entries.push({
      type: 'intends',
      stream: 'stdout',
      lines: [{ sha: 'e'.repeat(64), bytes: 9 }],
      atMs: 55,
    });
    if (cut) renumber(facts, [...linesOf(facts), { seq: 5, stream: 'stdout', message: cut, atUs: 300 }]);
    expect(check(facts)).toEqual([]);
  }
});

test('a line that was stored in parts is one line', () => {
  const facts = goodFacts();
  const [system, first, ...rest] = linesOf(facts);
  if (!system || !first) throw new Error('Expected lines');
  renumber(facts, [system, { ...first, message: 'fir «continues»' }, { ...first, message: '«continued» st' }, ...rest]);
  expect(check(facts)).toEqual([]);
});

test('on a machine that was busy with other work, a lost run says nothing', () => {
  const facts = goodFacts();
  Object.assign(at(facts.runs, 0), { status: 'timed_out', reason: 'runner_lost' });
  expect(check(facts).map(({ rule }) => rule)).toContain('endings');
  facts.isStarved = true;
  expect(check(facts).map(({ rule }) => rule)).not.toContain('endings');
});

test('the tail of a lost run may come after its end', () => {
  const facts = goodFacts();
  Object.assign(at(facts.runs, 0), { status: 'timed_out', reason: 'runner_lost', headCommit: null });
  facts.faults.push(fault({ kind: 'stop-runner-long', toMs: 14_000 }));
  facts.runs.pop();
  facts.git = { ...facts.git, landed: new Set(), baseCommits: [] };
  Object.assign(at(facts.tasks, 0), { status: 'failed', history: ['in_progress', 'failed'] });
  at(linesOf(facts), 4).atUs = 999_999;
  expect(check(facts)).toEqual([]);
});

test('what became of a merge may be found out after its end, if its outcome was unknown', () => {
  const facts = goodFacts();
  const found = {
    cursor: 9,
    type: 'agent.run.updated',
    entityId: 'merge-1',
    patch: { landingIsMerged: true },
    atUs: 1,
  };
  facts.events.push(found);
  expect(check(facts).map(({ rule }) => rule)).toContain('attempts');
  const merge = facts.runs.find(({ id }) => id === 'merge-1');
  Object.assign(merge ?? {}, { status: 'timed_out', reason: 'outcome_unknown' });
  expect(check(facts).map(({ rule }) => rule)).not.toContain('attempts');
});

test('a program may write in the moment in which its machine wakes, and not while that sleeps', () => {
  const facts = goodFacts();
  secondAttempt(facts);
  facts.journals.push({
    runId: 'run-2',
    taskId: TASK,
    attempt: 2,
    entries: [{ type: 'hello', runId: 'run-2', taskId: TASK, attempt: 2, name: 'A task', pid: 2, atMs: 15_000 }],
  });
  const { entries } = at(facts.journals, 0);
  entries.push({ type: 'intends', stream: 'stdout', lines: [], atMs: 20_100 });
  const rules = (): string[] => check(facts).map(({ rule }) => rule);
  expect(rules()).toContain('attempts');
  facts.faults.push(fault({ kind: 'stop-machine-long', runIds: [RUN], toMs: 20_000 }));
  expect(rules()).not.toContain('attempts');
  entries.push({ type: 'intends', stream: 'stdout', lines: [], atMs: 21_100 });
  expect(rules()).toContain('attempts');
  Object.assign(at(entries, entries.length - 1), { atMs: 19_000 });
  expect(rules()).toContain('attempts');
});

const PLANTED: Record<Rule, Record<string, (facts: Facts) => void>> = {
  lines: {
    'a line was dropped': (facts) =>
      renumber(
        facts,
        linesOf(facts).filter(({ seq }) => seq !== 2),
      ),
    'the last line was dropped': (facts) => renumber(facts, linesOf(facts).slice(0, -1)),
    'a line was stored twice': (facts) => renumber(facts, [...linesOf(facts), at(linesOf(facts), 4)]),
    'two lines changed places': (facts) =>
      renumber(
        facts,
        [0, 1, 3, 2, 4].map((index) => at(linesOf(facts), index)),
      ),
    'a byte was changed': (facts) =>
      renumber(
        facts,
        linesOf(facts).map((line) => (line.message === 'third' ? { ...line, message: 'thirD' } : line)),
      ),
    'the numbers have a hole': (facts) =>
      facts.lines.set(
        RUN,
        linesOf(facts).map((line) => ({ ...line, seq: line.seq > 2 ? line.seq + 1 : line.seq })),
      ),
    'the count is wrong': (facts) => (at(facts.runs, 0).lineCount = 6),
    'a line went to another stream': (facts) =>
      renumber(
        facts,
        linesOf(facts).map((line) => (line.message === 'third' ? { ...line, stream: 'stderr' } : line)),
      ),
  },
  viewers: {
    'an event was not shown': (facts) => at(facts.viewers, 0).events.splice(3, 1),
    'the last event was not shown': (facts) => at(facts.viewers, 0).events.pop(),
    'an event was shown twice': (facts) => at(facts.viewers, 0).events.splice(3, 0, at(at(facts.viewers, 0).events, 2)),
    'events changed places': (facts) => at(facts.viewers, 0).events.reverse(),
    'a batch was not shown': (facts) => at(facts.viewers, 0).logs.get(RUN)?.batches.shift(),
    'the tail was not shown': (facts) => at(facts.viewers, 0).logs.get(RUN)?.batches.pop(),
    'a batch was shown twice': (facts) =>
      at(facts.viewers, 0)
        .logs.get(RUN)
        ?.batches.push(batch(linesOf(facts).slice(2))),
    'another text was shown': (facts) =>
      (at(at(facts.viewers, 0).logs.get(RUN)?.batches, 1).messages[0] = 'something else'),
  },
  endings: {
    'the end was visible before the last line': (facts) => (at(linesOf(facts), 4).atUs = 5_000),
    'a file that a run had made was not kept': (facts) =>
      Object.assign(at(facts.runs, 0), { message: '1 file changed. The file report.md could not be stored: no' }),
    'a run ended twice': (facts) => facts.events.push({ ...at(facts.events, 3), cursor: 9 }),
    'completed, and the program had failed': (facts) =>
      Object.assign(at(at(facts.journals, 0).entries, -1 + at(facts.journals, 0).entries.length), { code: 3 }),
    'completed, and the program never ended': (facts) => at(facts.journals, 0).entries.pop(),
    'failed, and the program had ended well': (facts) =>
      Object.assign(at(facts.runs, 0), { status: 'failed', reason: 'exit_code', exitCode: null }),
    'another exit code': (facts) => {
      Object.assign(at(at(facts.journals, 0).entries, at(facts.journals, 0).entries.length - 1), { code: 3 });
      Object.assign(at(facts.runs, 0), { status: 'failed', reason: 'exit_code', exitCode: 4 });
    },
    'nothing changed, and something had': (facts) =>
      Object.assign(at(facts.runs, 0), { reason: 'empty_diff', headCommit: null }),
    'canceled, and nobody had asked': (facts) => {
      Object.assign(at(facts.runs, 0), { status: 'canceled', reason: 'by_user' });
      facts.requests.splice(1);
    },
    'lost, and nothing was in its way': (facts) => {
      Object.assign(at(facts.runs, 0), { status: 'timed_out', reason: 'runner_lost' });
      facts.faults.push(fault({}));
    },
    'an inner failure without a cause': (facts) =>
      Object.assign(at(facts.runs, 0), { status: 'failed', reason: 'internal' }),
  },
  attempts: {
    'two live runs of one task': (facts) => {
      secondAttempt(facts);
      facts.events.splice(3, 0, {
        cursor: 3,
        type: 'agent.run.created',
        entityId: 'run-2',
        patch: { kind: 'task', taskId: TASK },
        atUs: 3_500,
      });
    },
    'a fenced run stored an artifact': (facts) =>
      facts.events.push({
        cursor: 9,
        type: 'artifact.created',
        entityId: 'artifact',
        patch: { runId: RUN },
        atUs: 9_000,
      }),
    'a run changed after its end': (facts) =>
      facts.events.push({ cursor: 9, type: 'agent.run.updated', entityId: RUN, patch: {}, atUs: 9_000 }),
    'two attempts wrote at once': (facts) => {
      secondAttempt(facts);
      facts.journals.push({
        runId: 'run-2',
        taskId: TASK,
        attempt: 2,
        entries: [{ type: 'hello', runId: 'run-2', taskId: TASK, attempt: 2, name: 'A task', pid: 2, atMs: 30 }],
      });
    },
    'a program was started twice': (facts) =>
      facts.journals.push({ ...at(facts.journals, 0), entries: at(facts.journals, 0).entries.slice(0, 1) }),
  },
  tasks: {
    'an accepted task is gone': (facts) => facts.requests.push({ ...at(facts.requests, 0), title: 'Another task' }),
    'a task was made twice': (facts) => facts.tasks.push({ ...at(facts.tasks, 0), id: 'task-2' }),
    'a run without a task': (facts) => (at(facts.runs, 1).taskId = 'nobody'),
    'a task came to no end': (facts) => facts.unsettled.push('the task A task came to no end'),
    'in progress, and nothing works': (facts) =>
      Object.assign(at(facts.tasks, 0), { status: 'in_progress', history: ['in_progress'] }),
    'queued, and nothing is scheduled': (facts) => Object.assign(at(facts.tasks, 0), { status: 'queued' }),
    'needs review, and nothing was completed': (facts) => {
      Object.assign(at(facts.tasks, 0), { status: 'needs_review' });
      Object.assign(at(facts.runs, 0), { status: 'failed', reason: 'internal' });
    },
    'canceled with our consent, and done': (facts) =>
      facts.requests.push({ ...at(facts.requests, 0), kind: 'cancelTask' }),
  },
  processes: {
    'a program of an ended run is alive': (facts) =>
      facts.survivors.push({ pid: 7, command: 'sleep 86400', runId: null }),
  },
  git: {
    'a canceled task was merged': (facts) =>
      Object.assign(at(facts.tasks, 0), { status: 'canceled', history: ['in_progress', 'needs_review', 'canceled'] }),
    'merged twice': (facts) => facts.git.baseCommits.unshift({ id: 'd'.repeat(40), parents: [MERGE, HEAD] }),
    'merged, and not done': (facts) =>
      Object.assign(at(facts.tasks, 0), { status: 'needs_review', history: ['in_progress', 'needs_review'] }),
    'done, and not merged': (facts) => (facts.git.landed = new Set()),
    'a tag was moved': (facts) => facts.git.refsAfter.set('refs/tags/v1', HEAD),
    'a stash is gone': (facts) => facts.git.refsBefore.set('refs/stash', START),
    'the checkout is dirty': (facts) => facts.git.statusLines.push(' M src/file-1.js'),
    'an own file is gone': (facts) => facts.git.lostOwnFiles.push('notes.txt'),
    'a lock was left': (facts) => facts.git.locks.push('index.lock'),
    'the repository is damaged': (facts) => facts.git.complaints.push('missing blob'),
    'a file is not in the commit': (facts) => facts.git.contents.get(HEAD)?.clear(),
    'a file has another content': (facts) => facts.git.contents.get(HEAD)?.set('work/a.txt', 'another'),
    'a commit is gone': (facts) => facts.git.contents.clear(),
    'a commit of nobody in the base branch': (facts) =>
      facts.git.baseCommits.unshift({ id: 'e'.repeat(40), parents: [MERGE] }),
  },
  falls: {
    'a process ended by itself': (facts) =>
      facts.falls.push({ program: 'workers', atMs: 0, how: 'exit code 1', lastWords: '' }),
  },
};

describe.each(Object.entries(PLANTED))('%s', (rule, plants) => {
  test.each(Object.entries(plants))('is found: %s', (_name, plant) => {
    const facts = goodFacts();
    plant(facts);
    expect(check(facts).map((violation) => violation.rule)).toContain(rule);
  });
});
