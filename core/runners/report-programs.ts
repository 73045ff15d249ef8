import { z } from 'zod';
import { ProgramReport } from '#contract/program-report.ts';
import type { RunnerActor } from '#core/access/actor.ts';
import { parseInput } from '#core/errors/parse-input.ts';
import type { Core } from '#core/platform/core.ts';
import { databaseNow } from '#core/platform/database-now.ts';

const Report = z.strictObject({ report: ProgramReport });

/** A runner tells of the agents' programs on its machine; what it told before is forgotten. */
export async function reportPrograms(core: Core, actor: RunnerActor, input: z.input<typeof Report>): Promise<void> {
  const { report } = parseInput(Report, input);
  const programsSeenAt = await databaseNow(core.db);
  await core.db.runner.update({ where: { id: actor.runnerId }, data: { programs: report, programsSeenAt } });
}

/** @param stored `runners.programs`. @returns null: the runner has not told of them, or as no version of ours does */
export function parsePrograms(stored: unknown): ProgramReport['programs'] | null {
  return ProgramReport.safeParse(stored).data?.programs ?? null;
}
