/** `1.2 s`, `45 s`, `30 min`, `2 h 5 min` */
export function durationInWords(ms: number): string {
  if (ms < 10_000) return `${Math.round(ms / 100) / 10} s`;
  if (ms < 120_000) return `${Math.round(ms / 1_000)} s`;
  const minutes = Math.round(ms / 60_000);
  if (minutes < 120) return `${minutes} min`;
  return minutes % 60 === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** `512 bytes`, `12 KB`, `50 MB`, in units of 1024 */
export function bytesInWords(bytes: number): string {
  if (bytes < 1_024) return `${bytes} bytes`;
  if (bytes < 1_024 ** 2) return `${Math.round(bytes / 102.4) / 10} KB`;
  return `${Math.round(bytes / 1_024 ** 2)} MB`;
}

/** `1 file`, `3 files` */
export function countInWords(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** `SHOP-12 (its id)`; none: for no task */
export function taskInWords({ taskId, taskShortId }: { taskId: string | null; taskShortId: string | null }): string {
  if (taskId === null) return 'none';
  return taskShortId === null ? taskId : `${taskShortId} (${taskId})`;
}
