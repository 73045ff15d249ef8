/**
 * A failure that the person at the terminal can do something about: shown as one line, never as a stack.
 * Anything else that is thrown is a bug of the bootstrap and keeps its stack.
 */
export class StartFailure extends Error {
  /**
   * @param {string} message one sentence: what is wrong and what to do; names the variable where there is one
   * @param {{ cause?: unknown, logTail?: string[], how?: string }} [details] `logTail`: the last lines of the log that shows
   * why; `how`: the shortest form, such as "exit code 1"
   */
  constructor(message, details = {}) {
    super(message, { cause: details.cause });
    this.name = 'StartFailure';
    /** @type {string[]} */
    this.logTail = details.logTail ?? [];
    this.how = details.how;
  }
}

/**
 * The message of anything that was thrown, on one line.
 * @param {unknown} error
 * @returns {string}
 */
export function messageOf(error) {
  const text =
    error instanceof Error
      ? error.message || String(/** @type {{ code?: string }} */ (error).code ?? error.name)
      : String(error);
  return text.replace(/\s*\n\s*/g, ' ').trim();
}

/**
 * The `code` of a Node error such as ENOENT, or undefined.
 * @param {unknown} error
 * @returns {string | undefined}
 */
export function codeOf(error) {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}
