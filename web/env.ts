/** What the web process is told from outside. The only reader of the environment in this room. */
export interface WebEnv {
  host: string;
  port: number;
  /** Loopback address of the api, for example http://127.0.0.1:3000. */
  apiOrigin: string;
  /** Whether standard input is a pipe that ends when the program that started us is gone. */
  isSupervised: boolean;
}

/**
 * Reads and checks the environment.
 * @throws Error naming the variable that is wrong
 */
export function readEnv(env: NodeJS.ProcessEnv = process.env): WebEnv {
  const port = Number(env['WEB_PORT'] ?? '3001');
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new Error(`WEB_PORT must be a port number, found "${env['WEB_PORT']}"`);
  const apiOrigin = env['API_ORIGIN'] ?? 'http://127.0.0.1:3000';
  if (!URL.canParse(apiOrigin) || new URL(apiOrigin).origin !== apiOrigin) {
    throw new Error(`API_ORIGIN must be an address without a path, like http://127.0.0.1:3000, found "${apiOrigin}"`);
  }
  return { host: env['WEB_HOST'] ?? '127.0.0.1', port, apiOrigin, isSupervised: env['OVERMIND_SUPERVISED'] === '1' };
}
