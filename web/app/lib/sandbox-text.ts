/** "Not sandboxed: why", also where the runner gave only the why. */
export function sandboxText(note: string): string {
  return /^not sandboxed|^no sandbox|sandboxed\b/i.test(note)
    ? note.charAt(0).toUpperCase() + note.slice(1)
    : `Not sandboxed: ${note}`;
}

/** The same of a runner, as a sentence. What one that is not online would do now, nobody knows. */
export function runnerSandboxText(note: string | null, isOnline: boolean): string {
  if (note === null) return isOnline ? 'Its runs are sandboxed.' : 'When it was last heard, its runs were sandboxed.';
  return isOnline
    ? sandboxText(note)
    : sandboxText(note).replace(/^Not sandboxed: /, 'When it was last heard, its runs were not sandboxed: ');
}
