import type { AgentConfig } from '#contract/agent-config.ts';
import { parseContract } from '#contract/parse.ts';
import { RunSpec } from '#contract/run-spec.ts';
import { formatShortId } from '#contract/short-ids.ts';
import type { Queryable } from '#core/platform/db.ts';
import type { Agent, AgentRun, Project, Task } from '#prisma/generated/client/client.ts';
import { sessionToResume } from './session-to-resume.ts';

/** What a claim answers: the whole order, and when the lease ends by the database's clock. */
export interface ClaimedRun {
  spec: RunSpec;
  leaseExpiresAt: Date;
}

const CONVERSATION_MESSAGES = 10;

/** The repository an agent works in: its own, else its project's; null: none was chosen. */
export function repositoryOf(config: AgentConfig, project: Project): string | null {
  return config.repoRoot ?? project.defaultRepoPath;
}

/** Puts together what a runner is given. Checked by the contract before it leaves. */
export async function buildRunSpec(
  db: Queryable,
  {
    run,
    task,
    agent,
    project,
    config,
    leaseToken,
    branch,
    grantedRoot,
  }: {
    run: AgentRun;
    task: Task;
    agent: Agent;
    project: Project;
    config: AgentConfig;
    leaseToken: string;
    branch: string;
    grantedRoot: string;
  },
): Promise<RunSpec> {
  const state = await db.projectStateVersion.findFirst({
    where: { projectId: project.id },
    orderBy: { version: 'desc' },
  });
  const session = config.resume ? await sessionToResume(db, run) : null;
  return parseContract('RunSpec', RunSpec, {
    runId: run.id,
    taskId: task.id,
    taskShortId: formatShortId({ key: project.key, number: task.number }),
    taskType: task.type,
    projectId: project.id,
    agentId: agent.id,
    agentName: agent.name,
    kind: run.kind,
    attempt: run.attempt,
    lease: { token: leaseToken, durationMs: config.leaseMs },
    repoRoot: repositoryOf(config, project) ?? grantedRoot,
    grantedRoot,
    baseBranch: run.baseBranch ?? config.baseBranch,
    branch,
    startFromBranch: run.startFromBranch,
    mergeCommit: run.kind === 'merge' ? run.headCommit : null,
    reviewedBaseCommit: run.kind === 'merge' ? run.baseCommit : null,
    inPlace: config.inPlace,
    setup: config.setup,
    carry: config.carry,
    sandbox: config.sandbox,
    commands: session && config.resume ? [...config.commands.slice(0, -1), config.resume] : config.commands,
    session,
    stdin: config.stdin,
    reader: config.reader,
    env: config.env,
    envValues: config.envValues,
    allowedRoots: config.allowedRoots,
    allowedGlobs: config.allowedGlobs,
    deniedGlobs: config.deniedGlobs,
    artifactGlobs: config.artifactGlobs,
    limits: config.limits,
    prompt: {
      title: task.title,
      description: task.description,
      acceptanceCriteria: task.acceptanceCriteria,
      feedback: task.feedback,
      agentPrompt: config.prompt,
      model: config.model,
      conversation: await conversationExcerpt(db, task),
    },
    stateDocument: state ? { version: Number(state.version), format: state.stateFormat, text: state.content } : null,
  });
}

/** The last messages of the conversation the task came from, so that an agent knows what was talked about. */
async function conversationExcerpt(db: Queryable, task: Task): Promise<{ role: string; content: string }[]> {
  const request = task.requestId
    ? await db.request.findUnique({ where: { id: task.requestId }, include: { message: true } })
    : null;
  if (!request?.message) return [];
  const messages = await db.message.findMany({
    where: { conversationId: request.message.conversationId, id: { lte: request.message.id } },
    orderBy: { id: 'desc' },
    take: CONVERSATION_MESSAGES,
    select: { role: true, content: true },
  });
  return messages.reverse();
}
