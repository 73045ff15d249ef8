import { NotFoundError } from '#core/errors/errors.ts';
import type { Core } from '#core/platform/core.ts';
import { diffStateDocuments } from './diff-documents.ts';

/** What changed between two versions, as a unified diff; empty when nothing did. */
export async function diffStateVersions(core: Core, projectId: string, from: number, to: number): Promise<string> {
  const versions = await core.db.projectStateVersion.findMany({ where: { projectId, version: { in: [from, to] } } });
  const textOf = (version: number): string => {
    const found = versions.find((candidate) => Number(candidate.version) === version);
    if (!found) throw new NotFoundError('state version', String(version));
    return found.content;
  };
  return diffStateDocuments(
    { label: `version ${from}`, text: textOf(from) },
    { label: `version ${to}`, text: textOf(to) },
  );
}
