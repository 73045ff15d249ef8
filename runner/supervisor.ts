import { giveSignsOfLife } from '#contract/sign-of-life.ts';

/**
 * Whoever supervises us holds our standard input open and writes nothing: its end is the end of the supervisor, however it
 * came about. Nothing else tells us of a SIGKILL. It hears from us that our event loop turns.
 */
export function onSupervisorGone(leave: () => void): void {
  giveSignsOfLife((line) => void process.stdout.write(line));
  let isGone = false;
  const gone = (): void => {
    if (isGone) return;
    isGone = true;
    leave();
  };
  process.stdin.on('end', gone).on('error', gone).on('close', gone).resume();
}
