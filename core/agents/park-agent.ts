import { agentUpdated } from '#core/events/catalogue.ts';
import { wakeAgent } from '#core/jobs/jobs.ts';
import type { Core } from '#core/platform/core.ts';
import { databaseNow } from '#core/platform/database-now.ts';
import { inTransaction } from '#core/platform/in-transaction.ts';
import type { Tx } from '#core/platform/in-transaction.ts';
import { announceWork } from '#core/runners/commands.ts';
import type { Agent } from '#prisma/generated/client/client.ts';

const MINUTE_MS = 60_000;
/** How long a limit of use is waited for whose end is not known: the first time, the second in a row, and so on. */
const PAUSES_MS = [15 * MINUTE_MS, 60 * MINUTE_MS, 300 * MINUTE_MS] as const;
/** A time that has come already, or soon, may be a clock's that is wrong: this is waited at least. */
const MIN_PAUSES_MS = [MINUTE_MS, 15 * MINUTE_MS] as const;

/** SQL: an agent `a` may be given tasks, as far as its own limit of use and its signing in go. */
export const IS_READY = `(a.parked_until is null or a.parked_until <= clock_timestamp()) and a.sign_in_needed_since is null`;

/**
 * Gives the agent no task until its limit of use is over. Several of its runs meet the same limit: the later end counts,
 * and the pauses do not grow for each of them.
 * @param resetsAt as the agent says; null: it does not
 */
export async function parkAgent(
  tx: Tx,
  agentId: string,
  { resetsAt, words }: { resetsAt: Date | null; words: string },
): Promise<Date> {
  const agent = await lockAgent(tx, agentId);
  const now = await databaseNow(tx.db);
  const isParked = agent.parkedUntil !== null && agent.parkedUntil > now;
  const times = agent.parkedTimes - (isParked ? 1 : 0);
  const until = resetsAt
    ? new Date(Math.max(resetsAt.getTime(), now.getTime() + pick(MIN_PAUSES_MS, times)))
    : new Date(now.getTime() + pick(PAUSES_MS, times));
  const parkedUntil =
    agent.parkedUntil !== null && isParked && (!resetsAt || agent.parkedUntil > until) ? agent.parkedUntil : until;
  await change(tx, agent, { parkedUntil, parkedTimes: times + 1, parkedWords: words });
  tx.enqueue(wakeAgent, { agentId }, { delayMs: parkedUntil.getTime() - now.getTime() });
  return parkedUntil;
}

/** Gives the agent no task until a person has signed it in. @returns false when that was asked for before */
export async function askForSignIn(tx: Tx, agentId: string, words: string): Promise<boolean> {
  const agent = await lockAgent(tx, agentId);
  if (agent.signInNeededSince !== null) return false;
  await change(tx, agent, { signInNeededSince: await databaseNow(tx.db), parkedWords: words });
  return true;
}

/** It has worked: the next pause is the first again. */
export async function forgetPauses(tx: Tx, agent: Agent): Promise<void> {
  if (agent.parkedUntil === null || agent.parkedUntil > (await databaseNow(tx.db))) return;
  await change(tx, agent, { parkedUntil: null, parkedTimes: 0, parkedWords: null });
}

/** The agent's time has come: runners may take its runs, and whoever looks at it sees that. */
export async function wakeParkedAgent(core: Core, agentId: string): Promise<void> {
  await inTransaction(core, async (tx) => {
    const agent = await tx.db.agent.findUnique({ where: { id: agentId } });
    if (!agent?.parkedUntil || agent.parkedUntil > (await databaseNow(tx.db))) return;
    tellOfPause(tx, agent);
  });
}

/** The row as it stands, held until the end: two of its runs may end in the same moment. */
async function lockAgent(tx: Tx, agentId: string): Promise<Agent> {
  await tx.db.$queryRaw`select 1 from agents where id = ${agentId}::uuid for no key update`;
  return tx.db.agent.findUniqueOrThrow({ where: { id: agentId } });
}

type Pause = Pick<Agent, 'parkedUntil' | 'parkedTimes' | 'signInNeededSince' | 'parkedWords'>;

async function change(tx: Tx, { id }: Agent, data: Partial<Pause>): Promise<void> {
  tellOfPause(tx, await tx.db.agent.update({ where: { id }, data: { ...data, updatedAt: await databaseNow(tx.db) } }));
}

function tellOfPause(tx: Tx, agent: Agent): void {
  tx.emit(agentUpdated, {
    projectId: agent.projectId,
    entityId: agent.id,
    patch: {
      parkedUntil: agent.parkedUntil?.toISOString() ?? null,
      signInNeededSince: agent.signInNeededSince?.toISOString() ?? null,
      updatedAt: agent.updatedAt.toISOString(),
    },
  });
  announceWork(tx, agent.projectId);
}

function pick(pauses: readonly number[], times: number): number {
  return pauses[Math.min(Math.max(times, 0), pauses.length - 1)] ?? MINUTE_MS;
}
