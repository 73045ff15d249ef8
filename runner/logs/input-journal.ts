import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeWhole } from '../execution/disk.ts';

const INPUT_FILE = 'input.spool';

/** One line that was given to the agent. Its numbers only grow. */
export interface InputLine {
  number: number;
  line: string;
}

/** All that was said to the agent of a run over its standard input, written down before the agent hears it. */
export class InputJournal {
  private readonly file: number;
  private lastNumber = -1;

  constructor(runFolder: string) {
    this.file = openSync(join(runFolder, INPUT_FILE), 'a', 0o600);
  }

  /**
   * @returns false: it stands there already, and the agent has it
   * @throws the file system's error; then the agent must not get it
   */
  add(input: InputLine): boolean {
    if (input.number <= this.lastNumber) return false;
    writeWhole(this.file, `${JSON.stringify(input)}\n`);
    this.lastNumber = input.number;
    return true;
  }

  close(): void {
    closeSync(this.file);
  }
}

/** What a journal holds, in its order; nothing when nothing was said. The end may be torn when its keeper was killed. */
export function readInputJournal(runFolder: string): InputLine[] {
  let text: string;
  try {
    text = readFileSync(join(runFolder, INPUT_FILE), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  return text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as InputLine);
}
