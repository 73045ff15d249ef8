/** Descriptors that others have used up come back; what a program writes waits for it in the spool. */
export const DESCRIPTORS_RETRY_MS = 250;

/** Whether a file could not be opened because too many are. */
export function isOutOfDescriptors(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException | null)?.code;
  return code === 'EMFILE' || code === 'ENFILE';
}
