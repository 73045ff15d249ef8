import type { Actor } from '#core/access/actor.ts';
import { ENDED_SESSIONS_CHANNEL, findEndedTokens } from '#core/access/sessions.ts';
import { hashToken } from '#core/access/tokens.ts';
import { MAX_SOCKETS_AN_ACCOUNT } from '#core/config/limits.ts';
import type { Core } from '#core/platform/core.ts';

/** Sessions also run out, which nobody tells, and what is told may be missed while Redis is away: within five seconds then. */
const LOOK_MS = 3_000;

/** Something over which somebody follows what happens: a socket, or an answer that goes on. */
export interface Stream {
  /** The token it was opened with is good no more. */
  end(): void;
  onceClosed(work: () => void): void;
}

/**
 * Ends streams with the token they were opened with: signed out, password changed, expired, revoked, disabled. What
 * Redis says is a wake-up only; the rows decide. And counts them, for an account at this process.
 */
export function watchStreams(core: Core) {
  const byToken = new Map<string, Set<Stream>>();
  const counts = new Map<string, number>();
  const ended = core.bus.listen(ENDED_SESSIONS_CHANNEL);
  const timer = setInterval(() => ended.nudge(), LOOK_MS);
  void lookWhenTold();

  async function lookWhenTold(): Promise<void> {
    for (;;) {
      const { closed } = await ended.take();
      if (closed) return;
      await look().catch((error: unknown) =>
        core.logger.warn({ err: error }, 'Whether sockets must end was not found out; it is looked at again'),
      );
    }
  }

  async function look(): Promise<void> {
    if (byToken.size === 0) return;
    for (const hash of await findEndedTokens(core, [...byToken.keys()]))
      for (const stream of byToken.get(hash) ?? []) stream.end();
  }

  return {
    /** @param token as it was sent; what is kept is its hash */
    remember(token: string, stream: Stream): void {
      const hash = hashToken(token);
      const streams = byToken.get(hash) ?? new Set();
      byToken.set(hash, streams.add(stream));
      stream.onceClosed(() => {
        streams.delete(stream);
        if (streams.size === 0 && byToken.get(hash) === streams) byToken.delete(hash);
      });
    },
    /** @returns false: the account has as many open as it may have */
    count(actor: Actor, stream: Stream): boolean {
      const key = actor.kind === 'user' ? actor.userId : actor.kind === 'runner' ? actor.runnerId : actor.name;
      const count = counts.get(key) ?? 0;
      if (count >= MAX_SOCKETS_AN_ACCOUNT) return false;
      counts.set(key, count + 1);
      stream.onceClosed(() => {
        const left = (counts.get(key) ?? 1) - 1;
        if (left > 0) counts.set(key, left);
        else counts.delete(key);
      });
      return true;
    },
    close(): void {
      clearInterval(timer);
      ended.close();
    },
  };
}
export type OpenStreams = ReturnType<typeof watchStreams>;
