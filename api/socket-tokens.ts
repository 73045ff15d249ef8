import type { WebSocket } from 'ws';
import { ENDED_SESSIONS_CHANNEL, findEndedTokens } from '#core/access/sessions.ts';
import { hashToken } from '#core/access/tokens.ts';
import type { Core } from '#core/platform/core.ts';

/** Sessions also run out, which nobody tells, and what is told may be missed while Redis is away: within five seconds then. */
const LOOK_MS = 3_000;

/**
 * Ends sockets with the token they were opened with: signed out, password changed, expired, revoked, disabled. What
 * Redis says is a wake-up only; the rows decide.
 */
export function watchSocketTokens(core: Core, end: (socket: WebSocket) => void) {
  const byToken = new Map<string, Set<WebSocket>>();
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
      for (const socket of byToken.get(hash) ?? []) end(socket);
  }

  return {
    /** @param token as it was sent; what is kept is its hash */
    remember(token: string, socket: WebSocket): void {
      const hash = hashToken(token);
      const sockets = byToken.get(hash) ?? new Set();
      byToken.set(hash, sockets.add(socket));
      socket.once('close', () => {
        sockets.delete(socket);
        if (sockets.size === 0 && byToken.get(hash) === sockets) byToken.delete(hash);
      });
    },
    close(): void {
      clearInterval(timer);
      ended.close();
    },
  };
}
