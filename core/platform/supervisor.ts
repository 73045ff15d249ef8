import { StringDecoder } from 'node:string_decoder';

export interface Supervisor {
  /** Resolves when it has gone without a word; for a process that nobody supervises, never. */
  gone: Promise<void>;
}

/**
 * Whoever supervises us holds our standard input open: its end is the end of the supervisor, however it came about. What
 * it writes meanwhile, a line a word, is true as long as it lives.
 */
export function listenToSupervisor(isSupervised: boolean, onWord: (line: string) => void = () => undefined): Supervisor {
  if (!isSupervised) return { gone: new Promise(() => undefined) };
  const decoder = new StringDecoder('utf8');
  let text = '';
  process.stdin.on('data', (bytes: Buffer) => {
    const lines = (text + decoder.write(bytes)).split('\n');
    text = lines.pop() ?? '';
    for (const line of lines) onWord(line);
  });
  return { gone: new Promise((resolve) => process.stdin.on('end', resolve).on('error', () => resolve()).on('close', resolve)) };
}
