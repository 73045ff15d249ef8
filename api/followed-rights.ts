import type { Actor } from '#core/access/actor.ts';
import { findLostRights } from '#core/access/find-lost-rights.ts';
import type { FollowedRight } from '#core/access/find-lost-rights.ts';
import { ForbiddenError } from '#core/errors/errors.ts';
import { abortable } from '#core/platform/abortable.ts';
import type { Core } from '#core/platform/core.ts';

/** Somebody who is taken out of a project sees nothing more of it within five seconds. */
const LOOK_MS = 2_000;

/**
 * Ends what people follow when they lose the right to it. All of this process's are looked at together now and then; an
 * event costs no query for it.
 */
export function watchFollowedRights(core: Core) {
  const followed = new Map<FollowedRight, () => void>();
  let isLooking = false;
  const timer = setInterval(() => {
    if (isLooking || followed.size === 0) return;
    isLooking = true;
    look()
      .catch((error: unknown) =>
        core.logger.warn({ err: error }, 'Whether rights were lost was not found out; it is looked at again'),
      )
      .finally(() => (isLooking = false));
  }, LOOK_MS);

  async function look(): Promise<void> {
    const rights = [...followed.keys()];
    for (const index of await findLostRights(core, rights)) {
      const right = rights[index];
      if (right) followed.get(right)?.();
    }
  }

  return {
    /**
     * Passes on what is followed for as long as its reader may have it.
     * @param projectId null for what is of no project: it ends when an administrator is none any more
     */
    whileAllowed<T>(actor: Actor, projectId: string | null, source: AsyncGenerator<T>): AsyncGenerator<T> {
      if (actor.kind !== 'user') return source;
      const right: FollowedRight = { userId: actor.userId, projectId, wasAdmin: actor.isAdmin };
      return abortable(async function* (signal) {
        const end = (): void => void source.return(undefined);
        signal.addEventListener('abort', end);
        let isLost = false;
        followed.set(right, () => {
          isLost = true;
          end();
        });
        try {
          for await (const item of source) {
            if (isLost) break;
            yield item;
          }
          if (isLost)
            throw new ForbiddenError('Your rights have changed. What you may still see can be followed anew.');
        } finally {
          followed.delete(right);
        }
      });
    },
    close(): void {
      clearInterval(timer);
    },
  };
}
export type FollowedRights = ReturnType<typeof watchFollowedRights>;
