import { once } from 'node:events';
import WebSocket from 'ws';
import { SYSTEM } from '#core/access/actor.ts';
import { signIn } from '#core/access/sessions.ts';
import { newId } from '#core/platform/ids.ts';
import { createLogger } from '#core/platform/logger.ts';
import { openCore } from '#core/platform/open-core.ts';
import { createUser } from '#core/users/create-user.ts';
import type { Product } from '../kit/product.ts';

const PASSWORD = 'correct horse battery';
const SOCKETS_AT_ONCE = 50;

/** Accounts that may read the project, signed in. @returns their tokens */
export async function signInViewers({ databaseUrl, redisUrl, project }: Product, count: number): Promise<string[]> {
  const core = openCore({
    databaseUrl,
    redisUrl,
    dataDirectory: '',
    searchPath: '',
    logger: createLogger('bench', 'error'),
    maxConnections: 2,
  });
  try {
    const tokens: string[] = [];
    for (let i = 0; i < count; i += 1) {
      const email = `viewer-${i}@example.test`;
      await createUser(core, SYSTEM('bench'), { email, password: PASSWORD, isAdmin: false });
      const { token, actor } = await signIn(core, { email, password: PASSWORD, address: `10.0.0.${i}` });
      await core.db.projectMember.create({
        data: { id: newId(), projectId: project.id, userId: actor.userId, role: 'viewer' },
      });
      tokens.push(token);
    }
    return tokens;
  } finally {
    await core.close();
  }
}

/**
 * Opens sockets that speak graphql-transport-ws, each by the next of these accounts.
 * @param subscribe what each sends when it is let in; null: nothing
 * @param onText called with what comes after that
 */
export async function openViewers(
  url: string,
  count: number,
  tokens: readonly string[],
  subscribe: string | null,
  onText: (text: Buffer) => void,
): Promise<WebSocket[]> {
  const sockets: WebSocket[] = [];
  const open = async (i: number): Promise<void> => {
    const socket = new WebSocket(url, 'graphql-transport-ws', { perMessageDeflate: false });
    sockets.push(socket);
    // A server that knows nobody may greet at once, in the packet that opens the socket.
    const greeted = once(socket, 'message');
    await once(socket, 'open');
    const authorization = `Bearer ${tokens[i % tokens.length]}`;
    socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization } }));
    await greeted;
    socket.on('message', (text: Buffer) => onText(text));
    if (subscribe) socket.send(subscribe);
  };
  for (let i = 0; i < count; i += SOCKETS_AT_ONCE)
    await Promise.all(Array.from({ length: Math.min(SOCKETS_AT_ONCE, count - i) }, (_, n) => open(i + n)));
  return sockets;
}
