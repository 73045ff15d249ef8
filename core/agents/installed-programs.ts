import type { Actor } from '#core/access/actor.ts';
import { requireProject } from '#core/access/permissions.ts';
import type { Core } from '#core/platform/core.ts';
import { parsePrograms } from '#core/runners/report-programs.ts';

/**
 * The agents' programs that runners of a project have, as they have told last.
 * @param projectId null: of any project
 * @returns null when no runner has told of its programs
 */
export async function installedPrograms(
  core: Core,
  actor: Actor,
  projectId: string | null,
): Promise<ReadonlySet<string> | null> {
  if (projectId !== null) await requireProject(core.db, actor, projectId, 'project:read');
  const runners = await core.db.runner.findMany({
    where: {
      isEnabled: true,
      programsSeenAt: { not: null },
      ...(projectId === null ? {} : { OR: [{ allProjects: true }, { projects: { some: { projectId } } }] }),
    },
    select: { programs: true },
  });
  const told = runners.map(({ programs }) => parsePrograms(programs)).filter((programs) => programs !== null);
  if (told.length === 0) return null;
  return new Set(told.flat().flatMap(({ program, path }) => (path === null ? [] : [program])));
}
