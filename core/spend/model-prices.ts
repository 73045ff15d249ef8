import { z } from 'zod';
import { name } from '#contract/fields.ts';
import type { Actor } from '#core/access/actor.ts';
import { nameOf } from '#core/access/actor.ts';
import { requireAdmin } from '#core/access/permissions.ts';
import { NotFoundError } from '#core/errors/errors.ts';
import { parseInput } from '#core/errors/parse-input.ts';
import type { Core } from '#core/platform/core.ts';
import { databaseNow } from '#core/platform/database-now.ts';
import { newId } from '#core/platform/ids.ts';
import { inTransaction } from '#core/platform/in-transaction.ts';
import type { ModelPrice } from '#prisma/generated/client/client.ts';

const usd = z.number().min(0, 'A price is not negative').max(100_000);
const NewPrice = z.strictObject({
  /** As agents name it. */
  model: name.max(200),
  validFrom: z.iso.date('A day, as in 2026-01-31'),
  inputUsd: usd,
  cachedInputUsd: usd,
  outputUsd: usd,
});

/**
 * Says what a model costs for a million tokens from a day (UTC) on; said again for the same day, it is corrected. Costs
 * that have been estimated stay as they are.
 * @throws ForbiddenError, InvalidInputError
 */
export async function setModelPrice(core: Core, actor: Actor, input: z.input<typeof NewPrice>): Promise<ModelPrice> {
  requireAdmin(actor);
  const { model, validFrom: day, ...prices } = parseInput(NewPrice, input);
  const validFrom = new Date(`${day}T00:00:00.000Z`);
  return inTransaction(core, async ({ db }) => {
    const data = { ...prices, changedBy: nameOf(actor), updatedAt: await databaseNow(db) };
    return db.modelPrice.upsert({
      where: { model_validFrom: { model, validFrom } },
      create: { id: newId(), model, validFrom, ...data },
      update: data,
    });
  });
}

/** Takes a price back: what is estimated from now on goes by the one before it. @throws ForbiddenError, NotFoundError */
export async function removeModelPrice(core: Core, actor: Actor, id: string): Promise<ModelPrice> {
  requireAdmin(actor);
  const priceId = parseInput(z.uuid(), id, ['priceId']);
  const [price] = await core.db.modelPrice.findMany({ where: { id: priceId } });
  const removed = await core.db.modelPrice.deleteMany({ where: { id: priceId } });
  if (!price || removed.count === 0) throw new NotFoundError('price', priceId);
  return price;
}
