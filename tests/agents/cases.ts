import assert from 'node:assert/strict';
import { until } from '#tests/kit/until.ts';
import { HELLO, LAST_WORDS, type Scenario } from './model-server/scenarios.ts';
import { TOKENS } from './model-server/wire.ts';
import type { RealProgramName } from './programs.ts';
import type { RunFacts, Stage } from './stage.ts';

/** What a program says of a reset may be a time of day, in minutes. */
const RESET_TOLERANCE_MS = 90_000;
/** The grace of an agent that was asked to end, and what the machine needs around it. */
const GONE_MS = 15_000;

export interface Case {
  play(stage: Stage): Promise<void>;
  /** Why a program can not show it. */
  impossible?: Partial<Record<RealProgramName, string>>;
}

export const CASES = {
  ok: {
    async play(stage) {
      const before = stage.asked('write').length;
      const taskId = await stage.giveTask('write');
      const run = await stage.ended(taskId);
      assertEnd(run, 'COMPLETED', 'OK');
      assert.equal(await stage.taskStatus(taskId), 'NEEDS_REVIEW');
      assert.equal(run.sandboxNote, null, 'it ran in the sandbox');
      assert.ok(run.summary?.includes(LAST_WORDS), `its summary, found ${run.summary}`);
      assert.ok(diffOf(run).includes(`+${HELLO.content}`), `a diff with the greeting, found ${diffOf(run)}`);
      const times = stage.asked('write', before).length;
      const { inputTokens, cachedInputTokens, outputTokens } = run.metrics ?? {};
      assert.deepEqual(
        { inputTokens, cachedInputTokens, outputTokens },
        {
          inputTokens: times * TOKENS.input,
          cachedInputTokens: times * TOKENS.cached,
          outputTokens: times * TOKENS.output,
        },
      );
    },
  },
  tests: {
    async play(stage) {
      const taskId = await stage.giveTask('test');
      const run = await stage.ended(taskId);
      assertEnd(run, 'COMPLETED', 'OK');
      assert.ok(
        stage.asked('test').at(-1)?.text.includes('the greeting is there'),
        'the model was told what the tests print',
      );
    },
  },
  // Codex prints nothing of a refusal.
  refusal: failsWith('refuse', 'REFUSED', { codex: 'NOTHING_DONE' }),
  full: {
    ...failsWith('full', 'CONTEXT_FULL'),
    impossible: { opencode: 'it has its model sum up the conversation, and goes on' },
  },
  quota: {
    async play(stage) {
      const taskId = await stage.giveTask('quota');
      assertEnd(await stage.ended(taskId), 'FAILED', 'QUOTA');
      assert.notEqual((await stage.agent()).parkedUntil, null, 'it gets no work for a while');
      assert.equal(await stage.taskStatus(taskId), 'QUEUED', 'no attempt is used up');
    },
  },
  reset: {
    async play(stage) {
      await stage.ended(await stage.giveTask('quota'));
      const { parkedUntil } = await stage.agent();
      const apartMs = Math.abs(new Date(parkedUntil ?? 0).getTime() - stage.model.resetsAt.getTime());
      assert.ok(
        apartMs < RESET_TOLERANCE_MS,
        `it waits until ${stage.model.resetsAt.toISOString()}, found ${parkedUntil}`,
      );
    },
    impossible: {
      gemini: 'its stream does not say until when',
      opencode: 'it waits for that time by itself, without a word',
    },
  },
  'signed-out': {
    async play(stage) {
      const taskId = await stage.giveTask('signed-out');
      assertEnd(await stage.ended(taskId), 'FAILED', 'SIGN_IN_NEEDED');
      assert.notEqual((await stage.agent()).signInNeededSince, null);
      assert.equal(await stage.taskStatus(taskId), 'QUEUED');
    },
  },
  cancel: {
    async play(stage) {
      const before = stage.asked('hang').length;
      const taskId = await stage.giveTask('hang');
      await stage.untilAsked('hang', before);
      const [live] = await stage.runs(taskId);
      assert.ok(live);
      assert.ok(stage.machine.programPids().length > 0, 'its processes are there');
      await stage.cancelRun(live.id);
      await until(
        () => stage.machine.programPids(),
        (pids) => pids.length === 0,
        GONE_MS,
      );
      assertEnd(await stage.ended(taskId), 'CANCELED', 'BY_USER');
    },
  },
  'follow-up': {
    async play(stage) {
      const taskId = await stage.giveTask('write');
      assertEnd(await stage.ended(taskId), 'COMPLETED', 'OK');
      const before = stage.asked('write').length;
      await stage.sendBack(taskId, 'Greet them twice, please.');
      const next = await stage.ended(taskId, 2);
      assertEnd(next, 'COMPLETED', 'OK');
      assert.ok(next.isResumed, 'it was to go on in its session');
      const [first] = stage.asked('write', before);
      assert.ok(first);
      assert.ok(first.text.includes('Greet them twice, please.'), 'the model was told what was sent back');
      assert.ok(first.text.includes(LAST_WORDS), 'the model was told of the first conversation');
    },
  },
  'runner-killed': {
    async play(stage) {
      const before = stage.asked('wait').length;
      const taskId = await stage.giveTask('wait');
      await stage.untilAsked('wait', before + 1);
      await stage.machine.killRunner();
      stage.model.letGoOn();
      const run = await stage.ended(taskId);
      assertEnd(run, 'COMPLETED', 'OK');
      assert.equal(run.attempt, 1);
      assert.ok(diffOf(run).includes(`+${HELLO.content}`));
    },
  },
  broken: failsWith('broken', 'OVERLOADED'),
  cut: {
    ...failsWith('cut', 'AGENT_CRASHED'),
    impossible: { opencode: 'it tries again for ever; its preset ends it after ten minutes without a word' },
  },
} as const satisfies Record<string, Case>;
export type CaseName = keyof typeof CASES;
export const CASE_NAMES = Object.keys(CASES) as CaseName[];

/** @param others the reason for programs whose streams can not tell more */
function failsWith(scenario: Scenario, reason: string, others: Partial<Record<RealProgramName, string>> = {}): Case {
  return {
    async play(stage) {
      const run = await stage.ended(await stage.giveTask(scenario));
      assertEnd(run, 'FAILED', others[stage.program] ?? reason);
    },
  };
}

function assertEnd(run: RunFacts, status: string, reason: string): void {
  assert.deepEqual(
    [run.status, run.reason],
    [status, reason],
    `${status} ${reason}; found ${run.status} ${run.reason}: ${run.message}`,
  );
}

const diffOf = ({ artifacts }: RunFacts): string => artifacts.nodes.find(({ kind }) => kind === 'DIFF')?.text ?? '';
