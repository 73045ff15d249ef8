/**
 * Whoever supervises us holds our standard input open and writes nothing: its end is the end of the supervisor, however it
 * came about. Nothing else tells us of a SIGKILL.
 */
export function onSupervisorGone(leave: () => void): void {
  let isGone = false;
  const gone = (): void => {
    if (isGone) return;
    isGone = true;
    leave();
  };
  process.stdin.on('end', gone).on('error', gone).on('close', gone).resume();
}
