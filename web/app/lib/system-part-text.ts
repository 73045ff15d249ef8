export interface PartFacts {
  name: string;
  state: 'STARTING' | 'RUNNING' | 'WAITING';
  ends: number;
  lastEnd: string | null;
  nextTryAt: string | null;
}

const NAMES: Record<string, string> = {
  api: 'The API',
  workers: 'The background worker',
  web: 'The program that makes the pages',
  runner: 'The runner of this system',
  postgres: 'PostgreSQL',
  redis: 'Redis',
};

/** One that ended once is back before anybody has read of it. */
const WORTH_A_WORD = 2;

/** "The runner keeps ending (exit code 1): next try in 20 s". @returns null when there is nothing to say */
export function systemPartText(part: PartFacts, nowMs: number): string | null {
  if (part.ends < WORTH_A_WORD) return null;
  const name = NAMES[part.name] ?? part.name;
  const how = part.lastEnd ? ` (${part.lastEnd})` : '';
  if (part.state === 'RUNNING') return `${name} kept ending${how} and runs again.`;
  if (part.state === 'STARTING' || part.nextTryAt === null)
    return `${name} keeps ending${how}: it is being started again.`;
  const seconds = Math.ceil((Date.parse(part.nextTryAt) - nowMs) / 1_000);
  return `${name} keeps ending${how}: next try ${seconds > 0 ? `in ${seconds} s` : 'now'}.`;
}
