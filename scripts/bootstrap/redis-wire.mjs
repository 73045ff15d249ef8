import net from 'node:net';
import tls from 'node:tls';
import { StartFailure, messageOf } from './start-failure.mjs';

const ANSWER_TIMEOUT_MS = 5_000;

/**
 * Whether a Redis answers: signs in as the address says and pings it. Needs no client library.
 * @param {string} url redis:// or rediss://
 * @returns {Promise<string | undefined>} undefined when it answers, else why not
 */
export function askRedis(url) {
  const { protocol, hostname, port, username, password } = new URL(url);
  const address = { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 6379) };
  const credentials = [username, password].filter((part) => part !== '').map(decodeURIComponent);
  const commands = [...(credentials.length > 0 ? [['AUTH', ...credentials]] : []), ['PING']];
  return new Promise((resolve) => {
    const socket =
      protocol === 'rediss:' ? tls.connect({ ...address, servername: address.host }) : net.connect(address);
    let answer = '';
    /** @param {string | undefined} result */
    const finish = (result) => {
      socket.destroy();
      resolve(result);
    };
    socket.setTimeout(ANSWER_TIMEOUT_MS, () => finish(`no answer within ${ANSWER_TIMEOUT_MS / 1000} s`));
    socket.on('error', (error) => finish(messageOf(error)));
    socket.on('close', () => finish('it closed the connection'));
    socket.on('data', (bytes) => {
      answer += bytes.toString('utf8');
      const refusal = /^-(.*)\r\n/m.exec(answer);
      if (refusal) finish(refusal[1]);
      else if (/^\+PONG\r\n/m.test(answer)) finish(undefined);
    });
    socket.write(commands.map(encode).join(''));
  });
}

/**
 * @param {string} url
 * @throws {StartFailure} naming REDIS_URL
 */
export async function requireRedisUrl(url) {
  /** @type {URL} */
  let parsed;
  try {
    parsed = new URL(url);
  } catch {
    throw new StartFailure('REDIS_URL is not an address; it should look like redis://:password@host:6379');
  }
  if (!['redis:', 'rediss:'].includes(parsed.protocol))
    throw new StartFailure(`REDIS_URL must begin with redis:// or rediss://, not ${parsed.protocol}//`);
  const why = await askRedis(url);
  if (why) throw new StartFailure(`REDIS_URL does not answer at ${parsed.host}: ${why.replace(/\.$/, '')}.`);
}

/** @param {readonly string[]} command */
function encode(command) {
  return `*${command.length}\r\n${command.map((part) => `$${Buffer.byteLength(part)}\r\n${part}\r\n`).join('')}`;
}
