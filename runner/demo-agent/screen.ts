import { setTimeout as sleep } from 'node:timers/promises';

const SGR = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, blue: 34, cyan: 36 } as const;

/** Paints text with the colours that any terminal, and the console in the browser, knows. */
export function paint(style: keyof typeof SGR, text: string): string {
  return `\u001b[${SGR[style]}m${text}\u001b[0m`;
}

/**
 * What the agent says while it works, at a pace that a person can follow. Its signs are those of Latin-1 and general
 * punctuation: others are missing in many monospace fonts, and would be shown as boxes.
 */
export class Screen {
  /** @param pace 1 is natural, 0 is at once */
  constructor(private readonly pace: number) {}

  async say(text: string, pauseMs = 90): Promise<void> {
    process.stdout.write(`${text}\n`);
    await this.pause(pauseMs);
  }

  async step(text: string): Promise<void> {
    await this.say(`${paint('cyan', '•')} ${paint('bold', text)}`, 160);
  }

  async detail(text: string): Promise<void> {
    await this.say(`  ${paint('dim', '|')} ${text}`);
  }

  /** Goes to stderr, as warnings do. */
  async warn(text: string): Promise<void> {
    process.stderr.write(`${paint('yellow', '!')} ${text}\n`);
    await this.pause(90);
  }

  async pause(ms: number): Promise<void> {
    if (this.pace > 0) await sleep(ms * this.pace);
  }
}
