import { cutText } from '#contract/cut-text.ts';
import { findPriorityMarkers } from './markers.ts';
import { PREPOSITIONS, SUBORDINATORS } from './words/statements.ts';
import { isNaming, isPunct } from './token.ts';
import { tokenize } from './tokens.ts';
import type { Token } from './token.ts';
import { verbOfGerund } from './words/verbs.ts';
import type { Ask } from './drafts.ts';

const MAX_TITLE_CHARS = 100;
const MAX_TITLE_TOKENS = 60;
const NOT_IN_A_TITLE: ReadonlySet<string> = new Set(['please', 'pls', 'plz', 'kindly', 'asap']);
const JOINTS_WITHOUT_MARK: ReadonlySet<string> = new Set([
  'and',
  'with',
  'at',
  'as',
  'very',
  'really',
  'super',
  'in',
  'a',
  'of',
]);
const JOINTS: ReadonlySet<string> = new Set([
  'and',
  'with',
  'but',
  'this',
  'is',
  "it's",
  'it',
  'at',
  'as',
  'very',
  'really',
  'super',
  'of',
  'also',
  'to',
  'in',
  'for',
  'the',
  'a',
  'then',
  'because',
  'on',
  'both',
  'all',
  'everything',
  'these',
  'are',
  'there',
  'one',
]);

/**
 * A short instruction in the person's own words: greetings, politeness and priorities are cut off,
 * names, paths and quotes stay as they are written.
 * @param ask the first one read from `text`; undefined when the rules see none in it
 */
export function titleOf(text: string, ask: Ask | undefined): string {
  const core = ask?.core ?? tokenize(text).slice(0, MAX_TITLE_TOKENS);
  const title = shorten(text, withoutPriority(firstSentence(core)));
  if (title === '')
    return shorten(text, tokenize(text).slice(0, MAX_TITLE_TOKENS)) || cutText(text.trim(), MAX_TITLE_CHARS);
  return capitalize(withVerb(withItems(title, ask), ask, text));
}

/** "Add tests for:" and a list below */
function withItems(title: string, ask: Ask | undefined): string {
  const last = title.slice(title.lastIndexOf(' ') + 1);
  if (ask === undefined || ask.criteria.length === 0 || !PREPOSITIONS.has(last.toLowerCase())) return title;
  const full = `${title} ${ask.criteria.join(', ')}`;
  return full.length <= MAX_TITLE_CHARS ? full : title.slice(0, -last.length - 1);
}

/** A report asks for its repair, the name of something wanted for its making. */
function withVerb(title: string, ask: Ask | undefined, text: string): string {
  const first = ask?.core[0];
  if (ask === undefined || first === undefined) return title;
  if (ask.remedy.length > 0) {
    const remedy = shorten(text, withoutPriority(ask.remedy)).replace(/[\s.!?]+$/, '');
    if (remedy !== '' && remedy.length + title.length < MAX_TITLE_CHARS) return `${remedy}: ${title}`;
  }
  if (ask.kind === 'report' && ask.type === 'research') return `Investigate: ${title}`;
  if (ask.kind === 'report')
    return /^(?:fix|investigate|find)\b/i.test(title) ? title : `${ask.type === 'doc' ? 'Correct' : 'Fix'}: ${title}`;
  if (ask.kind === 'question') return `Answer: ${title}`;
  if (ask.kind !== 'ask') return title;
  const base = verbOfGerund(first.lower);
  if (base !== null && !ask.isNamed && title.startsWith(first.text)) return base + title.slice(first.text.length);
  if (!ask.isNamed || (ask.type !== 'code_change' && ask.type !== 'doc')) return title;
  return title.includes(' to be ') ? `Make ${title.replaceAll(' to be ', ' ')}` : `Add ${title}`;
}

function firstSentence(core: readonly Token[]): Token[] {
  const end = core.findIndex((token, i) => i > 0 && isPunct(token, '.!?;…') && !isPunct(core[i + 1], ')'));
  return core.slice(0, end < 0 ? core.length : end);
}

function withoutPriority(tokens: Token[]): Token[] {
  const kept: Token[] = [];
  const markers = findPriorityMarkers(tokens);
  for (let at = 0; at < tokens.length; at += 1) {
    const token = tokens[at];
    const marker = markers.get(at);
    if (marker !== undefined) {
      const isSetApart = isPunct(tokens[at - 1], '([') || isPunct(tokens[marker.to], ')]!');
      // In "fix the urgent bug" only the word itself goes; in "…, this is urgent" what leads up to it too.
      if (!isNaming(tokens[marker.to])) dropJoints(kept);
      at = marker.to - 1;
      while (isSetApart && isPunct(tokens[at + 1], '!)]')) at += 1;
      if (kept.length === 0) while (isPunct(tokens[at + 1], ',:—–-')) at += 1;
    } else if (
      token !== undefined &&
      token.kind !== 'symbol' &&
      !isPunct(token, '*_~') &&
      !NOT_IN_A_TITLE.has(token.lower)
    ) {
      kept.push(token);
    }
  }
  while (
    kept.length > 1 &&
    (isPunct(kept.at(-1), ',:;.-—–([&*_!') || /^(?:and|then|but|with)$/.test(kept.at(-1)?.lower ?? ''))
  )
    kept.pop();
  while (kept.length > 1 && isPunct(kept[0], ',:;.-—–)]&*_!')) kept.shift();
  return kept;
}

/** What leads up to a priority: "(", ", this is", "with". */
function dropJoints(kept: Token[]): void {
  let from = kept.length;
  while (from > 1 && kept[from - 1]?.kind === 'word' && JOINTS.has(kept[from - 1]?.lower ?? '')) from -= 1;
  if (isPunct(kept[from - 1], ',;([-—–')) {
    kept.length = from;
    while (kept.length > 1 && isPunct(kept.at(-1), ',;([-—–')) kept.pop();
    return;
  }
  while (kept.length > 1 && JOINTS_WITHOUT_MARK.has(kept.at(-1)?.lower ?? '')) kept.pop();
}

/** Whole words up to the limit, rather ended before a subordinate clause than in the middle of one. */
function shorten(text: string, tokens: readonly Token[]): string {
  let title = '';
  let lastClauseEnd = '';
  for (const [i, token] of tokens.entries()) {
    const before = tokens[i - 1];
    const gap = before !== undefined && token.start > before.end ? ' ' : '';
    const words = text.slice(token.start, token.end).replace(/\s+/g, ' ');
    if (title.length + gap.length + words.length > MAX_TITLE_CHARS) {
      if (title === '') return cutText(words, MAX_TITLE_CHARS, '…');
      return lastClauseEnd.length > 30 ? lastClauseEnd : `${title.replace(/[\s,;:(–—-]+$/, '')}…`;
    }
    if (i > 3 && (isPunct(token, ',') || SUBORDINATORS.has(token.lower))) lastClauseEnd = title.replace(/,$/, '');
    title += gap + words;
  }
  return title.trim();
}

function capitalize(title: string): string {
  const first = /^\p{Ll}+(?=[\s,:]|$)/u.exec(title)?.[0];
  return first === undefined ? title : first.charAt(0).toUpperCase() + title.slice(1);
}
