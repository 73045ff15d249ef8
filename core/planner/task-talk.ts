import { parseShortId } from '#contract/short-ids.ts';
import type { ShortId } from '#contract/short-ids.ts';

/** A message that is about tasks there are, and asks for no new one. */
export interface TaskTalk {
  kind: 'cancel' | 'ask';
  shortIds: ShortId[];
}

const ID = '[a-z][a-z0-9]{1,9}-[1-9][0-9]{0,8}';
const IDS = `(?:the\\s+)?(?:tasks?\\s+)?(?<ids>${ID}(?:(?:\\s*,\\s*and\\s+|\\s*[,&]\\s*|\\s+and\\s+)${ID})*)`;
const CANCEL = new RegExp(
  `^(?:(?:please|can you|could you|you can|let's|ok|okay)[,\\s]+)*(?:cancel|abort|drop)\\s+${IDS}(?:[,\\s]+(?:please|now|thanks))*\\s*[.!?]*$`,
  'i',
);
const OPENERS = [
  '(?:what|how)\\s+about',
  "(?:what|how|where|why)(?:'s|\\s*s|\\s+is|\\s+are)(?:\\s+(?:up|wrong|happening|going\\s+on))?(?:\\s+with)?",
  '(?:(?:show|tell|give)\\s+)?(?:(?:me|us)\\s+)?(?:about|(?:the\\s+)?(?:status|state)\\s+of)',
  'show(?:\\s+(?:me|us))?',
  "(?:(?:what|how)(?:'s|\\s+is)\\s+)?the\\s+(?:status|state)\\s+of",
  '(?:is\\s+there\\s+)?(?:any\\s+)?(?:news|updates?)\\s+(?:on|of|about|from)',
  '(?:is|are|has|did)',
];
const STATES =
  'doing|going|coming|along|at|now|done|ready|finished|merged|blocked|waiting|failed|running|stuck|queued|yet|still|it|on|today|please';
const ASK = new RegExp(
  `^(?:(?:and|so|ok|okay|hey|please)[,\\s]+)*(?:(?:${OPENERS.join('|')})\\s+)?${IDS}(?:\\s+(?:${STATES})){0,4}\\s*[?.!]*$`,
  'i',
);

/**
 * Reads "cancel SHOP-12 and SHOP-13" and "what about shop-12?"; null for all that says more than that, which is an ask
 * like any other. Whether there are such tasks is for the caller.
 */
export function readTaskTalk(text: string): TaskTalk | null {
  const said = text.trim().replaceAll('’', "'");
  if (said.length > 300) return null;
  const canceled = CANCEL.exec(said);
  const ids = (canceled ?? ASK.exec(said))?.groups?.['ids'];
  if (ids === undefined) return null;
  const shortIds = (ids.match(new RegExp(ID, 'gi')) ?? []).flatMap((id) => parseShortId(id) ?? []);
  return { kind: canceled ? 'cancel' : 'ask', shortIds };
}
