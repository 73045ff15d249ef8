/** Read by scripts/bootstrap/sign-of-life.mjs: whoever writes none for 30 s is taken for stuck, and started anew. */
const SIGN_OF_LIFE = '{"msg":"alive"}\n';
const SIGN_EVERY_MS = 5_000;

/**
 * Whoever supervises us holds our standard input open and writes nothing: its end is the end of the supervisor, however it
 * came about. Nothing else tells us of a SIGKILL. It hears from us that our event loop turns.
 */
export function onSupervisorGone(leave: () => void): void {
  const giveSign = (): boolean => process.stdout.write(SIGN_OF_LIFE);
  giveSign();
  setInterval(giveSign, SIGN_EVERY_MS).unref();
  let isGone = false;
  const gone = (): void => {
    if (isGone) return;
    isGone = true;
    leave();
  };
  process.stdin.on('end', gone).on('error', gone).on('close', gone).resume();
}
