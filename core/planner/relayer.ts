import { cutText } from '#contract/cut-text.ts';
import { MAX_CRITERIA, MAX_MESSAGE_CHARS, MAX_PATH_CHARS } from '#contract/limits.ts';
import { parseContract } from '#contract/parse.ts';
import { Request } from '#contract/request.ts';
import type { RequestSource } from '#contract/enums.ts';
import { readAsks } from './rules/asks.ts';

export interface RelayInput {
  projectId: string;
  /** Null for a request that came by the API without a message. */
  messageId: string | null;
  recordingId: string | null;
  source: RequestSource;
  text: string;
  /** Makes the id of each request, a UUIDv7. */
  newId: () => string;
}

const DEFAULT_PRIORITY = 3;
const MAX_PATH_HINTS = 50;

/**
 * Makes the requests of one message: one for each thing that is asked for, in order; none for small
 * talk and questions of how the work stands. The same text always gives the same requests, ids aside.
 * @throws ContractError when an id is not a UUID
 */
export function relayMessage(input: RelayInput): Request[] {
  const text = cutText(input.text, MAX_MESSAGE_CHARS);
  return readAsks(text).map((ask) =>
    parseContract('Request', Request, {
      id: input.newId(),
      projectId: input.projectId,
      source: input.source,
      text: cutText(ask.text, MAX_MESSAGE_CHARS),
      intent: ask.type,
      priority: ask.priority ?? DEFAULT_PRIORITY,
      pathHints: ask.paths.filter((path) => path.length <= MAX_PATH_CHARS).slice(0, MAX_PATH_HINTS),
      acceptanceCriteria: ask.criteria.filter((criterion) => criterion !== '').slice(0, MAX_CRITERIA),
      messageId: input.messageId,
      recordingId: input.recordingId,
    }),
  );
}
