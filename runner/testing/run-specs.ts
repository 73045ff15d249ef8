import { RunSpec } from '#contract/run-spec.ts';
import { randomBytes } from 'node:crypto';
import { v7 } from 'uuid';

/** A whole RunSpec, with what a test cares about put in. */
export function makeRunSpec(
  part: Omit<Partial<RunSpec>, 'limits' | 'prompt'> & {
    repoRoot: string;
    limits?: Partial<RunSpec['limits']>;
    prompt?: Partial<RunSpec['prompt']>;
  },
): RunSpec {
  const runId = v7();
  return RunSpec.parse({
    runId,
    taskId: v7(),
    taskShortId: 'SHOP-12',
    taskType: 'code_change',
    projectId: v7(),
    agentId: v7(),
    agentName: 'backend',
    kind: 'task',
    attempt: 1,
    lease: { token: randomBytes(24).toString('hex'), durationMs: 60_000 },
    baseBranch: null,
    branch: `overmind/${runId}/1`,
    startFromBranch: null,
    mergeCommit: null,
    reviewedBaseCommit: null,
    inPlace: false,
    setup: [],
    carry: [],
    sandbox: { network: true, homePaths: [] },
    commands: [['node', '--version']],
    stdin: 'prompt',
    env: [],
    allowedRoots: [],
    allowedGlobs: ['**'],
    deniedGlobs: [],
    artifactGlobs: [],
    stateDocument: null,
    grantedRoot: part.repoRoot,
    ...part,
    limits: {
      runTimeoutMs: 60_000,
      idleTimeoutMs: null,
      graceMs: 1_000,
      maxLogBytes: 50_000_000,
      maxMemoryBytes: null,
      maxProcesses: null,
      maxCpus: null,
      ...part.limits,
    },
    prompt: {
      title: 'A task',
      description: 'Do it.',
      acceptanceCriteria: ['It is done'],
      feedback: null,
      agentPrompt: null,
      model: null,
      conversation: [],
      ...part.prompt,
    },
  });
}
