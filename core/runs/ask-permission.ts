import { z } from 'zod';
import { TOOL_KINDS } from '#contract/activity.ts';
import { id } from '#contract/fields.ts';
import {
  MAX_ASK_TIMEOUT_MS,
  MAX_PERMISSION_DETAIL_CHARS,
  MAX_PERMISSION_KEY_CHARS,
  MAX_PERMISSION_TARGET_CHARS,
  MAX_PERMISSION_TITLE_CHARS,
  MAX_RUN_PERMISSIONS,
  MIN_ASK_TIMEOUT_MS,
} from '#contract/run-input.ts';
import type { RunnerActor } from '#core/access/actor.ts';
import { decisionWhenUnanswered } from '#core/agents/agent-config.ts';
import { InvalidInputError } from '#core/errors/errors.ts';
import { parseInput } from '#core/errors/parse-input.ts';
import { storableTexts } from '#core/errors/storable-text.ts';
import { runPermissionAsked } from '#core/events/catalogue.ts';
import type { Core } from '#core/platform/core.ts';
import { databaseNow } from '#core/platform/database-now.ts';
import { newId } from '#core/platform/ids.ts';
import { inTransaction } from '#core/platform/in-transaction.ts';
import type { RunPermission } from '#prisma/generated/client/client.ts';
import { endPermission, touchRun } from './run-permissions.ts';
import { lockLeasedRun } from './run-rows.ts';

const key = z.string().min(1).max(MAX_PERMISSION_KEY_CHARS);
const Asked = z.strictObject({
  runId: id,
  leaseToken: z.string().max(200),
  permission: z.strictObject({
    key,
    title: z.string().min(1, 'A question needs a title').max(MAX_PERMISSION_TITLE_CHARS),
    toolKind: z.enum(TOOL_KINDS),
    target: z.string().max(MAX_PERMISSION_TARGET_CHARS).nullish(),
    detail: z.string().max(MAX_PERMISSION_DETAIL_CHARS).nullish(),
    timeoutMs: z.int().min(MIN_ASK_TIMEOUT_MS).max(MAX_ASK_TIMEOUT_MS),
  }),
});

/**
 * Puts a question of a run's agent before people. Asked again by its key, it is the same question, however it stands.
 * @param input the texts are masked already
 * @throws LeaseLostError when the run is not the runner's or has ended, InvalidInputError
 */
export async function askPermission(
  core: Core,
  actor: RunnerActor,
  input: z.input<typeof Asked>,
): Promise<RunPermission> {
  // What the agent says is made storable; the key is the runner's own, and two of them must never become one.
  const { key: ofRunner, ...said } = input.permission;
  const permission = { ...(storableTexts(said) as typeof said), key: ofRunner };
  const { runId, leaseToken, permission: asked } = parseInput(Asked, { ...input, permission });
  return inTransaction(core, async (tx) => {
    const run = await lockLeasedRun(tx.db, actor, runId, leaseToken);
    const known = await tx.db.runPermission.findUnique({ where: { runId_key: { runId, key: asked.key } } });
    if (known) return known;
    if ((await tx.db.runPermission.count({ where: { runId } })) >= MAX_RUN_PERMISSIONS)
      throw new InvalidInputError([
        { path: ['permission'], message: `A run asks at most ${MAX_RUN_PERMISSIONS.toLocaleString('en')} questions` },
      ]);
    const agent = await tx.db.agent.findUniqueOrThrow({ where: { id: run.agentId }, select: { configJson: true } });
    const askedAt = await databaseNow(tx.db);
    const expiresAt = new Date(askedAt.getTime() + asked.timeoutMs);
    const { title, toolKind, target = null, detail = null } = asked;
    const created = await tx.db.runPermission.create({
      data: {
        id: newId(),
        runId,
        key: asked.key,
        title,
        toolKind,
        target,
        detail,
        whenUnanswered: decisionWhenUnanswered(agent.configJson),
        askedAt,
        expiresAt,
      },
    });
    await touchRun(tx, runId);
    tx.emit(runPermissionAsked, {
      projectId: run.projectId,
      entityId: runId,
      patch: { permissionId: created.id, title, toolKind, target, expiresAt: expiresAt.toISOString() },
    });
    return created;
  });
}

const Withdrawn = z.strictObject({ runId: id, leaseToken: z.string().max(200), key });

/**
 * The agent waits for an answer no more. One that was answered in the same moment stays so, and one that was never asked
 * needs nothing.
 * @throws LeaseLostError when the run is not the runner's or has ended, InvalidInputError
 */
export async function withdrawPermission(
  core: Core,
  actor: RunnerActor,
  input: z.input<typeof Withdrawn>,
): Promise<void> {
  const { runId, leaseToken, key: ofRunner } = parseInput(Withdrawn, input);
  await inTransaction(core, async (tx) => {
    const run = await lockLeasedRun(tx.db, actor, runId, leaseToken);
    const open = await tx.db.runPermission.findUnique({ where: { runId_key: { runId, key: ofRunner } } });
    if (open?.status === 'pending') await endPermission(tx, run, open.id, { status: 'canceled', answeredBy: null });
  });
}
