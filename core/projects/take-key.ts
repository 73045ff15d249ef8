import { z } from 'zod';
import { PROJECT_KEY } from '#contract/short-ids.ts';
import { InvalidInputError } from '#core/errors/errors.ts';
import type { Tx } from '#core/platform/in-transaction.ts';
import { deriveProjectKey, numberedKey } from './derive-key.ts';

export const projectKey = z
  .string()
  .trim()
  .toUpperCase()
  .regex(PROJECT_KEY, 'A key has 2 to 10 letters from A to Z and digits, and begins with a letter');

/**
 * Makes a key the project's own, for ever. A project may take back one that it has had.
 * @throws InvalidInputError when another project has it, or has had it
 */
export async function takeKey(tx: Tx, projectId: string, key: string): Promise<string> {
  if (await insertKey(tx, projectId, key)) return key;
  const known = await tx.db.projectKey.findUnique({ where: { key } });
  if (known?.projectId === projectId) return key;
  throw new InvalidInputError([
    { path: ['key'], message: `${key} is, or was, the key of another project: its tasks are found by it` },
  ]);
}

/** Makes a key of a project's name; where that is taken, with a number behind. */
export async function takeDerivedKey(tx: Tx, projectId: string, name: string): Promise<string> {
  const base = deriveProjectKey(name);
  const taken = await tx.db.projectKey.findMany({
    where: { key: { startsWith: base.slice(0, 2) } },
    select: { key: true },
  });
  const keys = new Set(taken.map(({ key }) => key));
  for (let n = 1; ; n += 1) {
    const key = numberedKey(base, n);
    // Somebody else may be taking the same one right now.
    if (!keys.has(key) && (await insertKey(tx, projectId, key))) return key;
  }
}

async function insertKey(tx: Tx, projectId: string, key: string): Promise<boolean> {
  const inserted = await tx.db
    .$executeRaw`insert into project_keys (key, project_id) values (${key}, ${projectId}::uuid) on conflict (key) do nothing`;
  return inserted > 0;
}
