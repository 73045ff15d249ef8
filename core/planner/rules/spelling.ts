import { listOf } from './phrases.ts';
import { VERBS } from './words/verbs.ts';

/** Words that decide how a message is read, and that people often mistype. */
const OFTEN_MISTYPED = listOf(`
  please, could, would, should, cannot, doesn't, because, again, update, upgrade, change, create, remove, delete, rename, replace, refactor, implement, improve, investigate, research, review, document, documentation, deploy, install,
  configure, write, check, compare, explain, describe, analyse, analyze, summarize, migrate, rewrite, simplify, optimize, translate, increase, reduce, enable, disable, support, verify, validate, proofread, cleanup,
  urgent, priority, important, critical, immediately, possible, broken, missing, wrong, crashes, failing, button, header, footer, settings, dashboard, sidebar, navigation, database, migration, endpoint, server, pipeline, staging, production, readme, changelog, tests, component`);

/** English words one slip away from one of the above. */
const REAL_WORDS: ReadonlySet<string> = new Set(
  listOf(`
  would, wouldn, world, wound, could, couldn, cold, cloud, shouldn, chance, charge, crate, remote, remodel, white, writhe, wrote, rewrote, wring, wrung, cheek, chick, chuck, texts, tents, hearer, heater, headed, heather, broke, broker, serves, served, sever, severe, semver,
  messing, mission, filing, falling, feeling, crashed, crasher, clashes, pleas, possibly, stating, staring, staking, staying, foster, sidecar, instill, produce`),
);

const SLIPS: ReadonlyMap<string, string> = new Map(
  listOf(
    'teh the, hte the, thsi this, taht that, fxi fix, fixx fix, adn and, wirte write, wrtie write, cna can, yuo you, tset test, tets test, dosc docs',
  ).map((pair) => pair.split(' ') as [string, string]),
);

const SHORTEST = 5;
const LONGEST = 15;

const WORDS: ReadonlySet<string> = new Set(OFTEN_MISTYPED);
/** Each word with one letter left out, which stands for every slip that touches that letter. */
const BY_GAP = new Map<string, string[]>();
for (const word of WORDS) for (const gap of gapsOf(word)) BY_GAP.set(gap, [...(BY_GAP.get(gap) ?? []), word]);

/**
 * The word that was meant, when one slip (a letter left out, added, changed, or two swapped) parts it
 * from a word that matters. Known words and inflections stay as they are.
 * @param word in lower case
 */
export function corrected(word: string): string {
  const slip = SLIPS.get(word);
  if (slip !== undefined) return slip;
  if (
    word.length < SHORTEST - 1 ||
    word.length > LONGEST ||
    WORDS.has(word) ||
    VERBS.has(word) ||
    REAL_WORDS.has(word) ||
    !/^[a-z]+$/.test(word)
  )
    return word;
  for (const near of [word, ...gapsOf(word)]) {
    const meant = (WORDS.has(near) ? [near] : [])
      .concat(BY_GAP.get(near) ?? [])
      .find(
        (candidate) => candidate.length >= SHORTEST && isOneSlip(word, candidate) && !isInflection(word, candidate),
      );
    if (meant !== undefined) return meant;
  }
  return word;
}

function gapsOf(word: string): string[] {
  return [...word].map((_, i) => word.slice(0, i) + word.slice(i + 1));
}

/** People rarely miss the first letter; a word that begins otherwise is another word. */
function isOneSlip(word: string, meant: string): boolean {
  if (word[0] !== meant[0]) return false;
  let from = 0;
  while (from < word.length && word[from] === meant[from]) from += 1;
  let end = 0;
  while (end < Math.min(word.length, meant.length) - from && word.at(-1 - end) === meant.at(-1 - end)) end += 1;
  const typed = word.slice(from, word.length - end);
  const left = meant.slice(from, meant.length - end);
  return (
    (typed.length <= 1 && left.length <= 1) ||
    (typed.length === 2 && left.length === 2 && typed[0] === left[1] && typed[1] === left[0])
  );
}

/** "updates", "buttons": another form, not a slip. */
function isInflection(word: string, meant: string): boolean {
  return (
    word === `${meant}s` ||
    word === `${meant}d` ||
    word === `${meant}r` ||
    `${word}s` === meant ||
    `${word}d` === meant ||
    `${word}r` === meant
  );
}
