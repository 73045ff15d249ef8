import { randomInt } from 'node:crypto';
import net from 'node:net';
import path from 'node:path';
import { readJson, writeFileAtomically } from './files.mjs';
import { StartFailure, codeOf, messageOf } from './start-failure.mjs';

// Below the range that systems take outgoing connections' ports from (32768 and up), so that a remembered port tends to stay free.
const FIRST_PORT = 15_000;
const LAST_PORT = 29_999;

/**
 * @param {number} port
 * @param {string} [host]
 * @returns {Promise<boolean>}
 */
export function isPortFree(port, host = '127.0.0.1') {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once('error', (error) => {
      const code = codeOf(error);
      if (code === 'EADDRINUSE' || code === 'EACCES') resolve(false);
      else reject(new StartFailure(`HOST=${host} cannot be listened on (${messageOf(error)}).`, { cause: error }));
    });
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/**
 * A loopback port that nobody listens on. Nothing holds it until the caller's program does: be ready to choose again.
 * @param {ReadonlySet<number>} [excluded]
 * @returns {Promise<number>}
 */
export async function chooseFreePort(excluded = new Set()) {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const port = randomInt(FIRST_PORT, LAST_PORT + 1);
    if (!excluded.has(port) && (await isPortFree(port))) return port;
  }
  throw new StartFailure(`No free port was found between ${FIRST_PORT} and ${LAST_PORT} on 127.0.0.1.`);
}

/**
 * The ports of one data directory's services: chosen once, kept in ports.json, chosen anew when somebody else has taken one.
 */
export class RememberedPorts {
  /** @param {string} dataDir */
  constructor(dataDir) {
    this.file = path.join(dataDir, 'ports.json');
    /** @type {Record<string, number>} */
    this.ports = /** @type {Record<string, number> | undefined} */ (readJson(this.file)) ?? {};
  }

  /**
   * @param {string} name
   * @returns {Promise<number>}
   */
  async take(name) {
    const known = this.ports[name];
    if (Number.isInteger(known) && known !== undefined && (await isPortFree(known))) return known;
    return this.chooseAnew(name);
  }

  /**
   * The port that was taken already, whoever has it now.
   * @param {string} name
   * @returns {number}
   */
  known(name) {
    const port = this.ports[name];
    if (port === undefined) throw new StartFailure(`${this.file} holds no port of ${name}; start again.`);
    return port;
  }

  /**
   * @param {string} name
   * @returns {Promise<number>}
   */
  async chooseAnew(name) {
    const port = await chooseFreePort(new Set(Object.values(this.ports)));
    this.ports[name] = port;
    writeFileAtomically(this.file, `${JSON.stringify(this.ports, null, 2)}\n`);
    return port;
  }
}
