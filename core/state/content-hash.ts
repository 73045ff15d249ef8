import { createHash } from 'node:crypto';
import { renderStateDocument } from './render.ts';
import type { StateFacts } from './render.ts';

/** SHA-256 of a version's text in hex: `project_state_versions.content_hash`. */
export function contentHash(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}

/**
 * Hash of what a document says, whatever its format and layout: `project_state_versions.facts_hash`.
 * A rebuild writes a version only when it differs from the latest one's. For a version saved by hand
 * it is the hash of the facts with the human part taken from it, so that saving alone causes no rebuild.
 */
export function factsHash(facts: StateFacts): string {
  return contentHash(renderStateDocument(facts, 'json'));
}
