import { checkAttempts } from './attempts.ts';
import { checkEndings } from './endings.ts';
import type { Facts, Violation } from './facts.ts';
import { checkGit } from './git.ts';
import { checkLines } from './lines.ts';
import { checkTasks } from './tasks.ts';
import { checkViewers } from './viewers.ts';

/**
 * The one judge of every schedule: what must never happen, and did. Depends on nothing but the facts.
 * @source the six rules: docs/decisions/0016-chaos.md
 */
export function check(facts: Facts): Violation[] {
  return [
    ...checkLines(facts),
    ...checkViewers(facts),
    ...checkEndings(facts),
    ...checkAttempts(facts),
    ...checkTasks(facts),
    ...facts.survivors.map(
      ({ pid, command, runId }) =>
        ({
          rule: 'processes',
          what: `process ${pid} of ${runId ? `the ended run ${runId}` : 'an ended run'} is alive: ${command}`,
        }) as const,
    ),
    ...checkGit(facts),
    ...facts.falls.map(
      ({ program, how, lastWords }) =>
        ({ rule: 'falls', what: `${program} ended by itself with ${how}: ${lastWords.slice(-600)}` }) as const,
    ),
  ];
}
