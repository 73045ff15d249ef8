import { isNaming, isPunct } from './token.ts';
import type { Token } from './token.ts';
import { pathsIn } from './paths.ts';
import { QUESTION_OPENERS, STATUS_WORDS } from './words/statements.ts';

const ONLY_WITH_A_MARK: ReadonlySet<string> = new Set([
  'when',
  'have',
  'has',
  'had',
  'any',
  'anything',
  'anyone',
  'everything',
  'got',
  'can',
  'could',
  'should',
  'would',
  'will',
  'may',
  'might',
  'do',
  'whose',
  'shall',
  'if',
  'who',
  "don't",
  "won't",
]);
const WORK_ITSELF =
  /^(?:runs?|tasks?|agents?|runners?|queue|backlog|board|cycle|orchestrator|you|u|we|progress|status)$/;
const WORK_STATES = /^(?:pass|passes|passing|done|ready|finished|running|green|deployed|merged|yet|failing|open|left)$/;
const SHOWING: ReadonlySet<string> = new Set(['show', 'tell', 'give', 'list', 'report', 'send', 'get', 'check']);

/** A sentence that asks, with or without its mark: spoken words have none. */
export function isQuestion(said: readonly Token[]): boolean {
  const first = said.find(isNaming)?.lower ?? '';
  if (said.some((token, i) => i >= said.length - 3 && isPunct(token, '?'))) return true;
  return QUESTION_OPENERS.has(first) && !ONLY_WITH_A_MARK.has(first);
}

/** Asks how the work stands, or the person at the other end; nothing an agent could look up in a repository. */
export function isStatusQuestion(said: readonly Token[]): boolean {
  const words = said.filter(isNaming).map((token) => token.lower);
  const [first = '', second = '', third = ''] = words;
  if (words.length < 2) return true;
  if (pathsIn(said).length > 0 && !['did', 'have', 'has'].includes(first)) return false;
  const isAboutYou =
    words.slice(0, 3).some((word) => word === 'you' || word === 'u') &&
    !words.some((word) => ['think', 'know', 'recommend', 'suggest', 'explain'].includes(word));
  if (isAboutYou) return true;
  const namesWork = words.some((word) => WORK_ITSELF.test(word));
  const hasStatusWord = words.some((word) => STATUS_WORDS.has(word)) || words.join(' ').includes('on the board');
  if (first === 'how') {
    if (['does', 'do', 'to', 'can', 'could', 'would', 'should', 'did', 'come'].includes(second))
      return (
        third === 'it' ||
        third === 'things' ||
        third === 'that' ||
        (third === 'the' && /^(?:run|deployment|last)$/.test(words[3] ?? '') && !words.includes('work'))
      );
    // "how long does a build take" is about the product, "how long will it take" about the work
    if (
      /^(?:does|do)$/.test(third) &&
      !/^(?:it|this|that|you|u)$/.test(words[3] ?? '') &&
      !words.some((word) => word !== 'we' && WORK_ITSELF.test(word))
    )
      return false;
    return hasStatusWord || words.length < 4;
  }
  if (words.some((word) => ['why', 'how'].includes(word)))
    return (
      namesWork &&
      words.some((word) => /^(?:blocked|waiting|pending|queued|idle|failed|fail|stuck|canceled|nothing)$/.test(word))
    );
  if (
    /^(?:do|does)$/.test(first) &&
    !words.some((word) => word !== 'we' && WORK_ITSELF.test(word)) &&
    !words.some((word) => WORK_STATES.test(word))
  )
    return false;
  if (first === 'where') return /^(?:are|were|is)$/.test(second) && /^(?:we|you|it|that|things)$/.test(third);
  if (
    words.some((word) =>
      /^(?:difference|way|ways|best|better|reason|cause|option|options|alternative|alternatives|advantage|safe|worth)$/.test(
        word,
      ),
    ) ||
    words.includes('happens') ||
    (first === 'what' && (second === 'does' || second === 'causes' || second === 'would'))
  )
    return false;
  if (first === 'is' && second === 'there' && (words.includes('way') || words.includes('possible'))) return false;
  if (first === 'is' && second === 'it' && third === 'possible') return false;
  if (
    /^(?:is|are|was|were|has|have|did|will)$/.test(first) &&
    /^(?:everything|everyone|it|that|this|all|anything|things|someone|anyone|anybody|somebody|they)$/.test(second)
  )
    return true;
  if (first === 'should' || first === 'shall' || first === 'could' || first === 'would') return false;
  if (words.length <= 3 && words.some((word) => ['it', 'that', 'this', 'there', 'they'].includes(word))) return true;
  return hasStatusWord;
}

/** "give me an update", "tell me what is running", "show us the open tasks" */
export function isStatusRequest(said: readonly Token[]): boolean {
  const words = said.filter(isNaming).map((token) => token.lower);
  const [first = '', second = ''] = words;
  if (words.length > 12) return false;
  if (/^(?:status|progress|update|eta|news|standup|summary|overview)$/.test(first) && words.length <= 3)
    return words.every(
      (word) => STATUS_WORDS.has(word) || ['please', 'report', 'any', 'news', 'update', 'summary'].includes(word),
    );
  if (!SHOWING.has(first) || pathsIn(said).length > 0) return false;
  if (
    words.some((word) => word === 'how' || word === 'why') &&
    !words.some((word) => word === 'far' || word === 'many' || word === 'long' || word === 'going')
  )
    return false;
  if (second === 'me' || second === 'us')
    return words.slice(2).some((word) => STATUS_WORDS.has(word)) && !/^(?:about|a)$/.test(words[2] ?? '');
  return (
    /^(?:tasks?|runs?|agents?|runners?|status|progress|queue)$/.test(words.at(-1) ?? '') &&
    words
      .slice(1, -1)
      .every(
        (word) =>
          STATUS_WORDS.has(word) || ['the', 'all', 'on', 'my', 'our', 'current', 'of', 'canceled'].includes(word),
      )
  );
}
