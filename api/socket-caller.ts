import type { Actor } from '#core/access/actor.ts';
import { MAX_SOCKETS_AN_ACCOUNT } from '#core/config/limits.ts';

/**
 * The token a client sends when it connects. There is no rule for where it stands; these are the places that clients use.
 * @returns undefined when there is none at all, so that the cookie counts; what is no token is refused by whoever looks it up
 */
export function tokenOf(params: Readonly<Record<string, unknown>> | undefined): string | undefined {
  const headers = params?.['headers'] as Record<string, unknown> | null | undefined;
  const said = [
    params?.['authorization'],
    params?.['Authorization'],
    headers?.['authorization'],
    headers?.['Authorization'],
    params?.['token'],
  ];
  const text = said.find((value) => typeof value === 'string');
  return text?.replace(/^Bearer +/i, '');
}

/** How many sockets each person and each runner has open at this process. */
export class SocketCounts {
  private readonly counts = new Map<string, number>();

  /** @returns to be called when the socket has closed; null: there are too many */
  take(actor: Actor): (() => void) | null {
    const key = actor.kind === 'user' ? actor.userId : actor.kind === 'runner' ? actor.runnerId : actor.name;
    const count = this.counts.get(key) ?? 0;
    if (count >= MAX_SOCKETS_AN_ACCOUNT) return null;
    this.counts.set(key, count + 1);
    return () => {
      const left = (this.counts.get(key) ?? 1) - 1;
      if (left > 0) this.counts.set(key, left);
      else this.counts.delete(key);
    };
  }
}
