import type { ApiContext } from '#api/context.ts';
import { readProjectFacts } from '#core/projects/read-project-facts.ts';
import type { ProjectFact, ProjectFacts } from '#core/projects/read-project-facts.ts';
import { loadInBatch } from './lists/batch.ts';

/** One fact of one project; all that an operation asks for of all its projects are read together. */
export async function loadProjectFact<Name extends ProjectFact>(
  context: ApiContext,
  projectId: string,
  name: Name,
): Promise<ProjectFacts[Name]> {
  const facts = await loadInBatch<{ projectId: string; name: ProjectFact }, Partial<ProjectFacts>>(
    context,
    'project facts',
    { projectId, name },
    async (asked) => {
      const [ids, names] = [asked.map((item) => item.projectId), asked.map((item) => item.name)];
      const found = await readProjectFacts(context.core, [...new Set(ids)], [...new Set(names)]);
      return ids.map((id) => found.get(id) ?? {});
    },
  );
  return facts[name] as ProjectFacts[Name];
}
