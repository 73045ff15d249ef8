/** "Not sandboxed: why", also where the runner gave only the why. */
export function sandboxText(note: string): string {
  return /^not sandboxed|^no sandbox|sandboxed\b/i.test(note) ? note.charAt(0).toUpperCase() + note.slice(1) : `Not sandboxed: ${note}`;
}
