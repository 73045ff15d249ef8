/**
 * The line that api, workers, web and runner write to their standard output, every 5 s while they are supervised and
 * their event loop turns. Whoever writes none for 30 s is taken for stuck and started anew
 * (`scripts/bootstrap/sign-of-life.mjs`, which runs before this can be read).
 */
export const SIGN_OF_LIFE = '{"msg":"alive"}\n';
const SIGN_EVERY_MS = 5_000;

/** @param write takes a line; called now and from then on, for as long as the process has something else to do */
export function giveSignsOfLife(write: (line: string) => void): void {
  write(SIGN_OF_LIFE);
  setInterval(() => write(SIGN_OF_LIFE), SIGN_EVERY_MS).unref();
}
