import type { Core } from '#core/platform/core.ts';
import { isStateVersionIntact } from '#core/state-document/check-version.ts';
import type { Message } from '#prisma/generated/client/client.ts';

const MAX_MESSAGES_A_CYCLE = 200;

export interface CycleInputs {
  /** What people have said since the last cycle, oldest first. */
  messages: Message[];
  /** The newest state version does not parse or does not match its hash: it is written anew. */
  isStateBroken: boolean;
  /** Nothing is planned or scheduled in an archived project. */
  isArchived: boolean;
}

/** Reads what a cycle works on. */
export async function loadInputs(core: Core, projectId: string): Promise<CycleInputs> {
  const [messages, state, project] = await Promise.all([
    core.db.message.findMany({
      where: { projectId, role: 'user', ingestedAt: null },
      orderBy: { id: 'asc' },
      take: MAX_MESSAGES_A_CYCLE,
    }),
    core.db.projectStateVersion.findFirst({ where: { projectId }, orderBy: { version: 'desc' } }),
    core.db.project.findUniqueOrThrow({ where: { id: projectId }, select: { status: true } }),
  ]);
  return {
    messages,
    isStateBroken: state !== null && !isStateVersionIntact(state),
    isArchived: project.status === 'archived',
  };
}
