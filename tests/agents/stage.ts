import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '#tests/kit/until.ts';
import { mutation } from './api.ts';
import type { Machine } from './machine.ts';
import type { Scenario } from './model-server/scenarios.ts';
import type { ModelServer, Question } from './model-server/server.ts';
import { REAL_PROGRAMS, type RealProgramName } from './programs.ts';

/** Some programs try again for minutes before they say that it did not work. */
const END_MS = 13 * 60_000;
const SHOWN_LINES = 12;
const SHOWN_CHARS = 400;
const LIVE = ['PENDING', 'STARTED', 'STREAMING'];

export interface RunFacts {
  id: string;
  status: string;
  reason: string | null;
  message: string | null;
  attempt: number;
  summary: string | null;
  isResumed: boolean;
  sandboxNote: string | null;
  metrics: { inputTokens: number | null; cachedInputTokens: number | null; outputTokens: number | null } | null;
  artifacts: { nodes: { kind: string; text: string | null }[] };
}

export interface AgentFacts {
  parkedUntil: string | null;
  signInNeededSince: string | null;
}

const RUN_FIELDS =
  'id status reason message attempt summary isResumed sandboxNote metrics artifacts { nodes { kind text } }';

/** One program as an agent of a project of its own, from its preset as it is. */
export interface Stage {
  program: RealProgramName;
  machine: Machine;
  model: ModelServer;
  /** Gives it a task whose words name the scenario. @returns the task's id */
  giveTask(scenario: Scenario): Promise<string>;
  /** The task's runs, the first one first. */
  runs(taskId: string): Promise<RunFacts[]>;
  /** Waits until so many runs of the task have ended. @returns the last of them */
  ended(taskId: string, count?: number): Promise<RunFacts>;
  taskStatus(taskId: string): Promise<string>;
  agent(): Promise<AgentFacts>;
  /** What the model was asked for this scenario, from a count on. */
  asked(scenario: Scenario, from?: number): Question[];
  /** Waits until the model has been asked for this scenario once more than so often. */
  untilAsked(scenario: Scenario, count: number): Promise<void>;
  cancelRun(runId: string): Promise<void>;
  sendBack(taskId: string, feedback: string): Promise<void>;
  /** The end of what the last run that began has printed, for whoever looks for the reason of a failure. */
  lastLines(): Promise<string[]>;
  /** Ends whatever a case has left behind, and takes back that its agent waits. */
  tidyUp(): Promise<void>;
}

export async function openStage(machine: Machine, model: ModelServer, program: RealProgramName): Promise<Stage> {
  const { ask } = machine;
  const { preset, model: modelName } = REAL_PROGRAMS[program];
  const presets = await ask<{ preset: string; config: Record<string, unknown> }[]>(
    '{ agentPresets { preset config } }',
  );
  const config = presets.find((one) => one.preset === preset.toUpperCase())?.config;
  if (!config) throw new Error(`Expected a preset ${preset}, found ${presets.map((one) => one.preset).join(', ')}`);
  const { project } = await ask<{ project: { id: string } }>(
    mutation('createProject', 'CreateProjectInput', 'project { id }'),
    {
      input: { name: program, defaultRepoPath: machine.makeRepository(program) },
    },
  );
  const { agent } = await ask<{ agent: { id: string } }>(mutation('createAgent', 'CreateAgentInput', 'agent { id }'), {
    input: { projectId: project.id, name: `real-${program}`, config: { ...config, model: modelName } },
  });
  const tasks: string[] = [];

  const runs = async (taskId: string): Promise<RunFacts[]> => {
    const page = await ask<{ runs: { nodes: RunFacts[] } }>(
      `query ($id: ID!) { task(id: $id) { runs { nodes { ${RUN_FIELDS} } } } }`,
      {
        id: taskId,
      },
    );
    return page.runs.nodes.toSorted((one, other) => one.attempt - other.attempt);
  };
  const asked = (scenario: Scenario, from = 0): Question[] =>
    model.questions.filter((question) => question.scenario === scenario).slice(from);
  const taskStatus = async (id: string): Promise<string> =>
    (await ask<{ status: string }>('query ($id: ID!) { task(id: $id) { status } }', { id })).status;
  const readAgent = (): Promise<AgentFacts> =>
    ask<AgentFacts>('query ($id: ID!) { agent(id: $id) { parkedUntil signInNeededSince } }', { id: agent.id });
  return {
    program,
    machine,
    model,
    async giveTask(scenario) {
      const { task } = await ask<{ task: { id: string } }>(mutation('createTask', 'CreateTaskInput', 'task { id }'), {
        input: { projectId: project.id, title: `Greet people in hello.txt (scenario:${scenario})`, agentId: agent.id },
      });
      tasks.push(task.id);
      return task.id;
    },
    runs,
    async ended(taskId, count = 1) {
      const found = await patiently(
        () => runs(taskId),
        (all) => all.filter(({ status }) => !LIVE.includes(status)).length >= count,
      );
      const last = found[count - 1];
      if (!last) throw new Error(`Expected ${count} runs, found ${found.length}`);
      return last;
    },
    taskStatus,
    agent: readAgent,
    asked,
    untilAsked: async (scenario, count) =>
      void (await until(
        () => asked(scenario).length,
        (found) => found > count,
        END_MS,
      )),
    cancelRun: async (runId) =>
      void (await ask(mutation('cancelRun', 'CancelRunInput', 'run { id }'), { input: { runId, thenTask: 'CANCEL' } })),
    sendBack: async (taskId, feedback) =>
      void (await ask(mutation('sendBackTask', 'SendBackTaskInput', 'task { id }'), { input: { taskId, feedback } })),
    async lastLines() {
      const query = 'query ($id: ID!) { task(id: $id) { runs { nodes { logs(limit: 2000) { messages } } } } }';
      const taskId = tasks.at(-1);
      if (taskId === undefined) return [];
      const page = await ask<{ runs: { nodes: { logs: { messages: string[] } | null }[] } }>(query, { id: taskId });
      // One that waits for its turn has printed nothing.
      const last = page.runs.nodes.find(({ logs }) => logs !== null);
      return last?.logs?.messages.slice(-SHOWN_LINES).map((line) => line.slice(0, SHOWN_CHARS)) ?? [];
    },
    async tidyUp() {
      for (const taskId of tasks.splice(0)) {
        if (['CANCELED', 'DONE'].includes(await taskStatus(taskId))) continue;
        await ask(mutation('cancelTask', 'CancelTaskInput', 'task { id }'), { input: { taskId } });
        await patiently(
          () => runs(taskId),
          (all) => all.every(({ status }) => !LIVE.includes(status)),
        );
      }
      const { parkedUntil, signInNeededSince } = await readAgent();
      if (parkedUntil !== null || signInNeededSince !== null)
        await ask(mutation('resumeAgent', 'ResumeAgentInput', 'agent { id }'), { input: { agentId: agent.id } });
    },
  };
}

/** As `until`, for what takes minutes: an API asked a hundred times a second would be what is measured. */
async function patiently<T>(look: () => Promise<T>, condition: (found: T) => boolean): Promise<T> {
  const slowly = async (): Promise<T> => {
    const found = await look();
    if (!condition(found)) await sleep(500);
    return found;
  };
  return until(slowly, condition, END_MS);
}
