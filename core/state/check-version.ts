import type { ProjectStateVersion } from '#prisma/generated/client/client.ts';
import { InvalidInputError } from '#core/errors/errors.ts';
import { contentHash } from './content-hash.ts';
import { parseStateDocument } from './document.ts';

/** Whether a stored version is what was written, and is a state document. */
export function isStateVersionIntact(
  version: Pick<ProjectStateVersion, 'content' | 'contentHash' | 'stateFormat'>,
): boolean {
  if (contentHash(version.content) !== version.contentHash) return false;
  try {
    parseStateDocument(version.content, version.stateFormat);
    return true;
  } catch (error) {
    if (error instanceof InvalidInputError) return false;
    throw error;
  }
}
