import type { Core } from './core.ts';

/**
 * Does the same for each item, each by itself: one that fails is logged, and the others have their turn all the same.
 * @param what is done, for the log: "to schedule a task"
 * @returns those that failed
 */
export async function eachAlone<T extends { id: string }>(
  core: Core,
  what: string,
  items: readonly T[],
  work: (item: T) => Promise<unknown>,
): Promise<T[]> {
  const failed: T[] = [];
  for (const item of items) {
    try {
      await work(item);
    } catch (error) {
      core.logger.error({ err: error, id: item.id }, `Failed ${what}; the others go on`);
      failed.push(item);
    }
  }
  return failed;
}
