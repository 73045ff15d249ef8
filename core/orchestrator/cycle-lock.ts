import type { Core } from '#core/platform/core.ts';

/**
 * Runs work while holding the project's cycle lock, which PostgreSQL gives back when this process dies: one cycle a
 * project at a time, and none that is stuck for ever.
 * @returns null when another process holds it
 */
export async function withCycleLock<T>(core: Core, projectId: string, work: () => Promise<T>): Promise<T | null> {
  const client = await core.pool.connect();
  let isBroken = false;
  try {
    const { rows } = await client.query<{ locked: boolean }>('select pg_try_advisory_lock(hashtextextended($1, 0)) as locked', [`cycle:${projectId}`]);
    if (!rows[0]?.locked) return null;
    try {
      return await work();
    } finally {
      await client.query('select pg_advisory_unlock(hashtextextended($1, 0))', [`cycle:${projectId}`]).catch(() => {
        // A connection that can not unlock is closed below, and the lock ends with it.
        isBroken = true;
      });
    }
  } finally {
    client.release(isBroken);
  }
}
