import net from 'node:net';
import { requireRedisUrl } from './redis-wire.mjs';
import { StartFailure, messageOf } from './start-failure.mjs';

const CONNECT_TIMEOUT_MS = 5_000;

/**
 * Looks whether the servers that the user named answer at all, before minutes are spent on a set-up that cannot work.
 * Whether PostgreSQL lets us in is found out by the migration, which says it as clearly.
 * @param {{ databaseUrl: string | undefined, redisUrl: string | undefined }} addresses
 * @throws {StartFailure} naming the variable
 */
export async function checkExternalServices({ databaseUrl, redisUrl }) {
  if (databaseUrl) await requireListener(databaseUrl);
  if (redisUrl) await requireRedisUrl(redisUrl);
}

/** @param {string} databaseUrl */
async function requireListener(databaseUrl) {
  const { hostname, port, searchParams } = new URL(databaseUrl);
  // A socket's folder as ?host=/run/postgresql is nothing that a connection to a port could test.
  if (searchParams.has('host')) return;
  const address = { host: hostname.replace(/^\[|\]$/g, '') || 'localhost', port: Number(port || 5432) };
  const why = await new Promise((resolve) => {
    const socket = net.connect({ ...address, timeout: CONNECT_TIMEOUT_MS });
    socket.on('connect', () => finish(undefined));
    socket.on('timeout', () => finish(`no answer within ${CONNECT_TIMEOUT_MS / 1000} s`));
    socket.on('error', (error) => finish(messageOf(error)));
    /** @param {string | undefined} result */
    function finish(result) {
      socket.destroy();
      resolve(result);
    }
  });
  if (why)
    throw new StartFailure(
      `DATABASE_URL: nothing answers at ${address.host}:${address.port} (${why}); is PostgreSQL running there?`,
    );
}
