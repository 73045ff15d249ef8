import { cutText } from '#contract/cut-text.ts';
import { MAX_CRITERIA, MAX_MESSAGE_CHARS, MAX_PATH_CHARS } from '#contract/limits.ts';
import { parseContract } from '#contract/parse.ts';
import { Request } from '#contract/request.ts';
import type { RequestSource } from '#contract/enums.ts';
import { readAsks } from './rules/asks.ts';
import type { Ask } from './rules/drafts.ts';
import { isOtherLanguage } from './rules/language.ts';

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
 * talk and questions of how the work stands. What is in a language that the rules do not know is one ask, as it is. The same text always gives the same requests, ids aside.
 * @throws ContractError when an id is not a UUID
 */
export function relayMessage(input: RelayInput): Request[] {
  const text = cutText(input.text, MAX_MESSAGE_CHARS);
  const asks = isOtherLanguage(text) ? [asItIs(text)] : readAsks(text);
  return asks.map((ask) =>
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

/** Whether nothing in a message was read: its one request holds the text as it is. */
export function isRelayedAsItIs(text: string): boolean {
  return isOtherLanguage(cutText(text, MAX_MESSAGE_CHARS));
}

function asItIs(text: string): Pick<Ask, 'text' | 'type' | 'priority' | 'paths' | 'criteria'> {
  return { text, type: 'code_change', priority: null, paths: [], criteria: [] };
}
