import { appendFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ActivityEntry } from '#contract/activity.ts';
import type { ActivityBatch } from '../activity/activity-pump.ts';
import { LeaseLostError, RefusedError, TransientError } from '../control-plane/control-plane.ts';
import { createSpools } from '../logs/marks.ts';
import { createMasker } from '../logs/mask.ts';
import { SPOOL_FILES } from '../logs/spool-files.ts';
import { codex, printed } from '../readers/testing/streams.ts';
import { storeActivity } from '../testing/fake-control-plane.ts';
import { temporaryFolder, until } from '../testing/programs.ts';
import { useUpDescriptors } from '../testing/use-up-descriptors.ts';
import type { RunContext } from './run-context.ts';
import { RunActivity } from './run-activity.ts';

let folder: string;
let stored: ActivityEntry[];
/** What was heard of the run's fate, and logged. */
let heard: string[];
let status: { agentOutputFrom: [number, number] } | null;
let leaving: AbortController;
let store: (batch: ActivityBatch) => Promise<number>;
const started: RunActivity[] = [];

beforeEach(() => {
  folder = temporaryFolder();
  createSpools(folder);
  stored = [];
  heard = [];
  status = null;
  leaving = new AbortController();
  store = async (batch) => storeActivity(stored, batch);
  appendFileSync(join(folder, SPOOL_FILES.stdout), printed([codex.said('One.'), codex.said('Two.')]));
});
afterEach(async () => {
  for (const activity of started.splice(0)) await activity.close();
  rmSync(folder, { recursive: true });
});

function activityOf(spec: { reader?: string; kind?: string } = {}, patienceMs?: number): RunActivity {
  const log = (_data: object, message: string): void => void heard.push(message);
  const run = {
    host: {
      controlPlane: { appendActivity: (_lease: unknown, batch: ActivityBatch) => store(batch) },
      logger: { info: log, warn: log, error: log },
      onTokenRefused: () => heard.push('token refused'),
    },
    spec: { runId: 'run', reader: 'codex', kind: 'task', repoRoot: '/srv/shop', session: null, ...spec },
    folder: {
      path: folder,
      workspace: null,
      get status() {
        return status;
      },
    },
    masker: createMasker([]),
    held: { lease: {}, isLeft: false, leftOrLost: leaving.signal },
  } as unknown as RunContext;
  const activity = new RunActivity(run, () => heard.push('lease lost'), patienceMs);
  started.push(activity);
  return activity;
}
const texts = (): unknown[] => stored.map((entry) => 'text' in entry && entry.text);

test('one for which no file can be opened at the moment begins when one can', async () => {
  useUpDescriptors(800);
  const activity = activityOf();
  activity.begin(0);
  expect(heard).toEqual(['the activity of a run waits for a file to open']);
  await expect.poll(texts, { timeout: 5_000 }).toEqual(['One.', 'Two.']);
});

test('a run that ends meanwhile waits for it', async () => {
  useUpDescriptors(800);
  const activity = activityOf();
  activity.begin(0);
  await activity.allTold();
  expect(texts()).toEqual(['One.', 'Two.']);
});

test('what an earlier runner has begun, and not told, begins where the keeper wrote down', async () => {
  status = { agentOutputFrom: [printed([codex.said('One.')]).length, 0] };
  await activityOf().allTold();
  expect(texts()).toEqual(['Two.']);
});

test.each([
  ['an agent that was not reached', {}],
  ['an agent whose stream is not read', { reader: 'plain' }],
  ['a merge', { kind: 'merge' }],
])('%s has none', async (_what, spec) => {
  if (Object.keys(spec).length > 0) status = { agentOutputFrom: [0, 0] };
  await activityOf(spec).allTold();
  expect(stored).toEqual([]);
  expect(heard).toEqual([]);
});

test.each([
  ['a lease that is lost', new LeaseLostError('run'), 'lease lost'],
  ['a token that is not known', new RefusedError('UNAUTHENTICATED', 'Who?'), 'token refused'],
  [
    'what would be refused again',
    new RefusedError('BAD_USER_INPUT', 'No'),
    'the activity of a run can not be stored; its raw output is',
  ],
])('%s is said once, and ends it', async (_what, error, word) => {
  store = () => Promise.reject(error);
  const activity = activityOf();
  activity.begin(0);
  await activity.allTold();
  activity.begin(0);
  await activity.allTold();
  expect(heard).toEqual([word]);
});

test('a control plane that is away keeps nobody for longer than it is waited for', async () => {
  store = () => Promise.reject(new TransientError('away'));
  await activityOf({}, 1).allTold();
  expect(heard).toEqual([]);
  status = { agentOutputFrom: [0, 0] };
  await activityOf({}, 1).allTold();
  expect(heard).toEqual(['the last of what an agent did could not be told in time']);
});

test('a runner that leaves does not wait for it, not even for an answer', async () => {
  let answer = (_lastSeq: number): void => undefined;
  store = () => new Promise((resolve) => (answer = resolve));
  const activity = activityOf();
  activity.begin(0);
  const before = answer;
  await until(() => answer !== before, 'the first batch');
  const told = activity.allTold();
  leaving.abort();
  await told;
  expect(heard).toEqual([]);
  answer(1);
});
