import { z } from 'zod';
import { RUN_KINDS, RUN_STATUSES } from '#contract/enums.ts';
import { id } from '#contract/fields.ts';
import { parseInput } from '#core/errors/parse-input.ts';
import type { Prisma } from '#prisma/generated/client/client.ts';
import { LIVE_STATUSES } from './statuses.ts';

const RunFilter = z.object({
  ids: z.array(id).max(200).nullish(),
  statuses: z.array(z.enum(RUN_STATUSES)).nullish(),
  kinds: z.array(z.enum(RUN_KINDS)).nullish(),
  agentIds: z.array(id).max(200).nullish(),
  runnerIds: z.array(id).max(200).nullish(),
  isLive: z.boolean().nullish(),
});
export type RunFilter = z.input<typeof RunFilter>;

/** A filter as a condition: only known columns, never a caller's JSON. @throws InvalidInputError */
export function runFilter(projectId: string, filter: RunFilter): Prisma.AgentRunWhereInput {
  const { ids, statuses, kinds, agentIds, runnerIds, isLive } = parseInput(RunFilter, filter, ['filter']);
  const live = { status: { in: [...LIVE_STATUSES] } };
  return {
    projectId,
    ...(ids ? { id: { in: ids } } : {}),
    ...(kinds ? { kind: { in: kinds } } : {}),
    ...(agentIds ? { agentId: { in: agentIds } } : {}),
    ...(runnerIds ? { runnerId: { in: runnerIds } } : {}),
    AND: [
      ...(statuses ? [{ status: { in: statuses } }] : []),
      ...(typeof isLive === 'boolean' ? [isLive ? live : { NOT: live }] : []),
    ],
  };
}
