import { readFileSync } from 'node:fs';
import Ajv2020 from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import type { z } from 'zod';
import { AgentConfig } from './agent-config.ts';
import { RUN_REASONS, RUN_REASONS_BY_STATUS, TERMINAL_RUN_STATUSES } from './enums.ts';
import { ContractError, parseContract } from './parse.ts';
import { Request } from './request.ts';
import { RunResult } from './run-result.ts';
import { RunSpec } from './run-spec.ts';
import { TaskDefinition } from './task-definition.ts';

const uuid = '0198c000-0000-7000-8000-000000000001';
const commit = 'a'.repeat(40);

const request = {
  id: uuid,
  projectId: uuid,
  source: 'chat',
  text: 'Fix it',
  intent: 'code_change',
  priority: 3,
  pathHints: ['src/a.ts'],
  acceptanceCriteria: [],
  messageId: uuid,
  recordingId: null,
};
const taskDefinition = {
  requestId: uuid,
  title: 'Fix it',
  description: 'Fix it, please',
  acceptanceCriteria: ['It works'],
  type: 'code_change',
  priority: 1,
  agent: { name: 'backend', why: 'path src/a.ts → backend' },
};
const agentConfig = { commands: [['npm', 'test']] };
const runSpec = {
  runId: uuid,
  taskId: uuid,
  taskType: 'code_change',
  projectId: uuid,
  agentId: uuid,
  agentName: 'backend',
  kind: 'task',
  attempt: 1,
  lease: { token: 't'.repeat(32), durationMs: 60_000 },
  repoRoot: '/repo',
  grantedRoot: '/repo',
  baseBranch: null,
  branch: 'overmind/1/1',
  startFromBranch: null,
  mergeCommit: null,
  reviewedBaseCommit: null,
  inPlace: false,
  setup: [],
  carry: [],
  sandbox: { network: true, homePaths: [] },
  commands: [['true']],
  stdin: 'prompt',
  env: ['PATH'],
  allowedRoots: [],
  allowedGlobs: ['**'],
  deniedGlobs: [],
  artifactGlobs: [],
  limits: {},
  prompt: {
    title: 'Fix it',
    description: '',
    acceptanceCriteria: [],
    feedback: null,
    agentPrompt: { text: 'Be brief' },
    model: null,
    conversation: [{ role: 'user', content: 'Fix it' }],
  },
  stateDocument: { version: 1, format: 'yaml', text: 'project: {}\n' },
};
const runResult = {
  runId: uuid,
  status: 'completed',
  reason: 'ok',
  message: 'Done.',
  exitCode: 0,
  summary: null,
  metrics: { wallSeconds: 1.5, cpuSeconds: null, peakMemoryBytes: null, lines: 3 },
  lineCount: 3,
  git: {
    baseBranch: 'main',
    branch: 'overmind/1/1',
    baseCommit: commit,
    headCommit: commit,
    filesChanged: 1,
    additions: 2,
    deletions: 0,
  },
  paths: [],
};

interface Shape {
  name: string;
  file: string;
  schema: z.ZodType;
  sample: Record<string, unknown>;
}
const SHAPES: Shape[] = [
  { name: 'Request', file: 'request', schema: Request, sample: request },
  { name: 'TaskDefinition', file: 'task-definition', schema: TaskDefinition, sample: taskDefinition },
  { name: 'AgentConfig', file: 'agent-config.input', schema: AgentConfig, sample: agentConfig },
  { name: 'RunSpec', file: 'run-spec.input', schema: RunSpec, sample: runSpec },
  { name: 'RunResult', file: 'run-result.input', schema: RunResult, sample: runResult },
];

/** What is wrong with each shape, at which path. */
const FAULTS: [shape: string, change: Record<string, unknown>, path: string][] = [
  ['Request', { priority: 0 }, 'priority'],
  ['Request', { priority: 2.5 }, 'priority'],
  ['Request', { intent: 'CODE_CHANGE' }, 'intent'],
  ['Request', { text: '' }, 'text'],
  ['Request', { id: '1' }, 'id'],
  ['Request', { pathHints: ['a\nb'] }, 'pathHints.0'],
  ['TaskDefinition', { agent: { name: '', why: 'x' } }, 'agent.name'],
  ['TaskDefinition', { title: 'x'.repeat(201) }, 'title'],
  ['AgentConfig', { commands: [] }, 'commands'],
  ['AgentConfig', { commands: [[]] }, 'commands.0'],
  ['AgentConfig', { commands: ['npm test'] }, 'commands.0'],
  ['AgentConfig', { repoRoot: 'relative' }, 'repoRoot'],
  ['AgentConfig', { env: ['A=B'] }, 'env.0'],
  ['AgentConfig', { leaseMs: 1 }, 'leaseMs'],
  ['AgentConfig', { limits: { runTimeoutMs: 0 } }, 'limits.runTimeoutMs'],
  ['AgentConfig', { baseBranch: '--upload-pack=x' }, 'baseBranch'],
  ['RunSpec', { branch: 'a..b' }, 'branch'],
  ['RunSpec', { lease: { token: 'short', durationMs: 1 } }, 'lease.token'],
  ['RunSpec', { mergeCommit: 'HEAD' }, 'mergeCommit'],
  ['RunResult', { lineCount: -1 }, 'lineCount'],
  ['RunResult', { metrics: { ...runResult.metrics, wallSeconds: -1 } }, 'metrics.wallSeconds'],
];

function shapeOf(name: string): Shape {
  const shape = SHAPES.find((candidate) => candidate.name === name);
  if (!shape) throw new Error(`There is no shape ${name} in this test`);
  return shape;
}

function pathsOf(name: string, value: unknown): string[] {
  try {
    parseContract(name, shapeOf(name).schema, value);
  } catch (error) {
    if (error instanceof ContractError) return error.issues.map(({ path }) => path.join('.'));
    throw error;
  }
  return [];
}

describe.each(SHAPES)('$name', ({ name, schema, sample }) => {
  test('takes what it should', () => {
    expect(pathsOf(name, sample)).toEqual([]);
  });

  test('refuses an unknown key and names it', () => {
    expect(() => parseContract(name, schema, { ...sample, colour: 'blue' })).toThrow(/colour/);
  });

  test('names every key that is missing', () => {
    const required = Object.keys(sample);
    expect(pathsOf(name, {}).sort()).toEqual(required.sort());
  });

  test.each([null, 'text', 1, []])('refuses %j as a whole', (value) => {
    expect(pathsOf(name, value)).toEqual(['']);
  });

  test('stays the same when it is read again', () => {
    const once = parseContract(name, schema, sample);
    expect(parseContract(name, schema, JSON.parse(JSON.stringify(once)))).toEqual(once);
  });
});

test.each(FAULTS)('%s refuses %j at %s', (name, change, path) => {
  expect(pathsOf(name, { ...shapeOf(name).sample, ...change })).toContain(path);
});

test('an agent needs no more than its commands', () => {
  expect(AgentConfig.parse(agentConfig)).toMatchObject({
    stdin: 'prompt',
    review: 'required',
    concurrency: 2,
    allowedGlobs: ['**'],
    leaseMs: 60_000,
    limits: { runTimeoutMs: 1_800_000, idleTimeoutMs: null, graceMs: 5_000 },
    retry: { maxAttempts: 1 },
  });
});

describe("a result's reason belongs to its status", () => {
  const pairs = TERMINAL_RUN_STATUSES.flatMap((status) =>
    RUN_REASONS.map((reason) => ({
      status,
      reason,
      isAllowed: (RUN_REASONS_BY_STATUS[status] as readonly string[]).includes(reason),
    })),
  );
  test.each(pairs)('$status, $reason: $isAllowed', ({ status, reason, isAllowed }) => {
    expect(pathsOf('RunResult', { ...runResult, status, reason })).toEqual(isAllowed ? [] : ['reason']);
  });
});

describe('the published JSON Schema', () => {
  // Only the format of ids occurs; the pattern beside it says the same in full.
  const ajv = new Ajv2020.default({ strict: true, strictTypes: false, formats: { uuid: true } });
  const validators = new Map(
    SHAPES.map(({ name, file }) => [
      name,
      ajv.compile(JSON.parse(readFileSync(new URL(`./json-schema/${file}.json`, import.meta.url), 'utf8')) as object),
    ]),
  );

  test.each(SHAPES)('of $name takes what the contract takes, and refuses unknown keys', ({ name, sample }) => {
    const validate = validators.get(name);
    expect(validate?.(sample), JSON.stringify(validate?.errors)).toBe(true);
    expect(validate?.({ ...sample, colour: 'blue' })).toBe(false);
  });

  test.each(FAULTS)('of %s refuses %j', (name, change) => {
    expect(validators.get(name)?.({ ...shapeOf(name).sample, ...change })).toBe(false);
  });
});
