import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { patience } from '../system/busyness.ts';
import type { System } from '../system/system.ts';
import { git, copyRepository, makeTemplateRepository } from './repository.ts';

/** The shortest lease there is: what a lost lease costs is waited for in many schedules. */
const LEASE_MS = 10_000;
const CREATE_MS = 30_000;

export interface ChaosProject {
  id: string;
  agentId: string;
  repository: string;
  /** The owner's refs before anything happened. */
  refsBefore: Map<string, string>;
}

/** What an agent of a schedule is: our program, tried again when it fails. */
const AGENT_CONFIG = {
  commands: [['node', 'tools/agent.mjs']],
  stdin: 'none',
  leaseMs: LEASE_MS,
  concurrency: 8,
  limits: { graceMs: 1_000, runTimeoutMs: 120_000 },
  retry: { maxAttempts: 4, baseDelayMs: 100, maxDelayMs: 500 },
};

/** A new project with a repository and an agent of its own. */
export async function makeProject(system: System, seed: number): Promise<ChaosProject> {
  const template = join(system.folder, 'template');
  if (!existsSync(template)) makeTemplateRepository(template);
  const repository = copyRepository(
    template,
    join(system.folder, 'repositories', `${seed}-${Date.now().toString(36)}`),
  );
  const { person } = system;
  const id = await createProject(system, seed, repository);
  const { createAgent } = await person.must<{ createAgent: { agent: { id: string } } }>(
    'mutation ($input: CreateAgentInput!) { createAgent(input: $input) { ... on CreateAgentPayload { agent { id } } ... on UserError { code message } } }',
    { input: { projectId: id, name: 'chaos', config: AGENT_CONFIG } },
  );
  return { id, agentId: createAgent.agent.id, repository, refsBefore: readRefs(repository) };
}

/** Choosing a repository asks the runners; one that has just come back may not be heard of yet, so it is asked again. */
async function createProject({ person }: System, seed: number, repository: string): Promise<string> {
  const endMs = performance.now() + CREATE_MS * patience();
  for (;;) {
    const outcome = await person.ask<{ createProject: { project: { id: string } } }>(
      'mutation ($input: CreateProjectInput!) { createProject(input: $input) { ... on CreateProjectPayload { project { id } } ... on UserError { code message } } }',
      { input: { name: `Chaos ${seed}`, defaultRepoPath: repository } },
    );
    if (outcome.kind === 'done') return outcome.value.createProject.project.id;
    if (performance.now() > endMs) throw new Error(`Expected a project, found ${JSON.stringify(outcome)}`);
    await sleep(300);
  }
}

export function readRefs(repository: string): Map<string, string> {
  const lines = git(repository, 'for-each-ref', '--format=%(refname) %(objectname)').split('\n').filter(Boolean);
  return new Map(lines.map((line) => line.split(' ') as [string, string]));
}

/** Archives it when its time has come. Whether that was done shows in the rows. */
export async function archiveWhenDue(
  system: System,
  { id }: ChaosProject,
  atMs: number | null,
  signal: AbortSignal,
): Promise<void> {
  if (atMs === null) return;
  await sleep(Math.max(0, atMs - performance.now()), undefined, { signal }).catch(() => undefined);
  for (let outcome = await archive(); outcome === 'unknown' && !signal.aborted; outcome = await archive())
    await sleep(300);

  async function archive(): Promise<string> {
    const { kind } = await system.person.ask(
      'mutation ($projectId: ID!) { archiveProject(input: { projectId: $projectId }) { __typename ... on UserError { code message } } }',
      { projectId: id },
    );
    return kind;
  }
}
