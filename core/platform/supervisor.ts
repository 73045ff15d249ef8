import { giveSignsOfLife } from '#contract/sign-of-life.ts';
import { StringDecoder } from 'node:string_decoder';
import { standardOutput } from './standard-output.ts';

export interface Supervisor {
  /** Resolves when it has gone without a word; for a process that nobody supervises, never. */
  gone: Promise<void>;
}

/**
 * Whoever supervises us holds our standard input open: its end is the end of the supervisor, however it came about. What
 * it writes meanwhile, a line a word, is true as long as it lives. It hears from us that our event loop turns.
 */
export function listenToSupervisor(
  isSupervised: boolean,
  onWord: (line: string) => void = () => undefined,
): Supervisor {
  if (!isSupervised) return { gone: new Promise(() => undefined) };
  const output = standardOutput();
  giveSignsOfLife((line) => output.write(line));
  const decoder = new StringDecoder('utf8');
  let text = '';
  process.stdin.on('data', (bytes: Buffer) => {
    const lines = (text + decoder.write(bytes)).split('\n');
    text = lines.pop() ?? '';
    for (const line of lines) onWord(line);
  });
  return {
    gone: new Promise((resolve) =>
      process.stdin
        .on('end', resolve)
        .on('error', () => resolve())
        .on('close', resolve),
    ),
  };
}
