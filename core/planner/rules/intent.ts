import type { TaskType } from '#contract/enums.ts';
import { readInstruction } from './instruction.ts';
import type { Instruction, NounPhrase } from './instruction.ts';
import { listOf, phraseTable } from './phrases.ts';
import { singular, topicTable, topicWords, uncovered } from './topics.ts';
import type { TopicTable } from './topics.ts';
import type { Token } from './token.ts';
import * as topics from './words/topics.ts';
import { NOUN_PHRASE_ENDS, STATES } from './words/statements.ts';
import { FIX_VERBS } from './words/verbs.ts';

const TESTS = topicTable(topics.TEST_TOPICS);
const DOCS = topicTable(topics.DOC_TOPICS);
const INFRA = topicTable(topics.INFRA_TOPICS);
const SETUP = topicTable(topics.SETUP_TOPICS);
const FRONTEND = topicTable(topics.FRONTEND_TOPICS);
const BACKEND = topicTable(topics.BACKEND_TOPICS);

/** Verbs, with their particles and questions, that say by themselves what kind of work is meant. */
const TYPE_OF_VERB = phraseTable<TaskType>([
  ...listOf(`investigate, research, find out, figure out, work out, explore, compare, evaluate, analyse, analyze, look into, dig into, understand, explain, tell me, tell us, teach me, show me how, show me where, show me why, walk me through, give me an overview, diagnose, determine, profile, benchmark, measure, estimate, brainstorm, suggest,
    propose, recommend, assess, spike, think about, think through, know, learn about, try out, experiment with, play with, search for, search the code, search the codebase, search our code, look for, look up, check why, check how, check where, check what, check which, see why, see how, see what, see whether, see if, trace, identify, describe how, summarise how, summarize how, list all, find all, find every, find where, find which, come up with, read up on, learn, locate, count, decide, examine, find, study, weigh, clarify, reproduce, repro, bisect`).map(
    (phrase) => [phrase, 'research'] as const,
  ),
  ...listOf(
    `review, re-review, audit, check, double-check, double check, inspect, proofread, look over, go over, go through, read through, look through, read over, walk through, look at, take a look, have a look, give feedback, give me feedback, critique, code-review, code review, sanity check, sanity-check, scrutinize, scrutinise, vet, scan`,
  ).map((phrase) => [phrase, 'review'] as const),
  ...listOf(
    'document, write down, describe, summarise, summarize, jot down, note down, explain in, outline, draft',
  ).map((phrase) => [phrase, 'doc'] as const),
  ...listOf(
    'test, retest, cover, e2e-test, unit test, unit-test, smoke test, load test, stress test, verify, validate',
  ).map((phrase) => [phrase, 'test'] as const),
  ...listOf(
    'deploy, redeploy, provision, roll out, rollout, dockerise, dockerize, containerise, containerize, ship, release, publish, host',
  ).map((phrase) => [phrase, 'infra'] as const),
]);

/** "do a code review", "we need an analysis": the noun says what is done. */
const LIGHT_VERBS: ReadonlySet<string> = new Set(
  listOf(
    'do, perform, conduct, carry, run, need, prepare, give, start, write, cut, tag, make, create, trigger, have, take, provide, get',
  ),
);
const TYPE_OF_NOUN: ReadonlyMap<string, TaskType> = new Map<string, TaskType>([
  ...listOf('review, audit, proofreading, feedback, inspection, critique, look').map(
    (noun) => [noun, 'review'] as const,
  ),
  ...listOf(
    'research, comparison, analysis, analysi, investigation, benchmark, spike, estimate, evaluation, study, survey, feasibility, assessment',
  ).map((noun) => [noun, 'research'] as const),
  ...listOf('deployment, rollout, redeploy, deploy, release').map((noun) => [noun, 'infra'] as const),
]);

const MAKE_VERBS: ReadonlySet<string> = new Set(
  listOf(
    'write, add, create, extend, improve, increase, raise, expand, generate, run, rerun, execute, make, implement, update, refactor, rewrite, build, complete, finish, need, prepare, start, do, get, provide, set, draft, introduce, include, boost, restructure, repeat, give, put, double, mock, stub',
  ),
);
/** With these a document is the thing a program handles, not the thing to be written. */
const PROGRAM_VERBS: ReadonlySet<string> = new Set(
  listOf(
    'render, parse, show, display, implement, serve, host, validate, support, handle, fetch, import, export, download, upload, highlight, embed, load, cache, index, link, open, hide, sort, filter, read, allow, let, move, store, count',
  ),
);
const SETUP_VERBS: ReadonlySet<string> = new Set(
  listOf(
    'set, setup, configure, install, provision, bump, upgrade, enable, automate, renew, schedule, rotate, create, add, move, migrate, spin, update, bring, harden, switch, wire',
  ),
);

/** "bump eslint" changes a dependency, "set up eslint" is the tool chain. */
const CODE_NOUNS: ReadonlySet<string> = new Set(
  listOf('code, function, module, class, method, parser, file, codebase, helper, script'),
);
const PACKAGE_VERBS: ReadonlySet<string> = new Set(listOf('bump, upgrade, update, switch, move, migrate'));
const PACKAGES: ReadonlySet<string> = new Set(listOf('eslint, prettier, husky, linting'));

// Whether something is really so is found out by trying it.
const TRUTH_ADVERBS = /^(?:actually|really|still|indeed)$/;
const HOLDING_VERBS = /^(?:works?|runs?|arrives?|restores?|succeeds?)$/;

/** "Make sure that the backup actually restores" */
function isVerification(verb: string, all: readonly Token[]): boolean {
  if (verb !== 'ensure' && !(verb === 'make' && all[1]?.lower === 'sure')) return false;
  return all.some((token) => TRUTH_ADVERBS.test(token.lower) || HOLDING_VERBS.test(token.lower));
}

/** What kind of work an instruction asks for: the first rule that fits. */
export function typeOfInstruction(instruction: Instruction, paths: readonly string[]): TaskType {
  const { verb, object, places, main, all } = instruction;
  if (isVerification(verb, all)) return 'test';
  const byVerb =
    TYPE_OF_VERB.match([{ lower: verb, kind: 'word' }, ...all.slice(1).filter((token) => token.kind !== 'punct')], 0)
      ?.value ?? null;
  const isRepair =
    FIX_VERBS.has(verb) ||
    ((verb === 'make' || verb === 'get') &&
      main.some((token) => /^(?:pass|green|work|stable|reliable|faster|deterministic)$/.test(token.lower)));

  const byNoun = LIGHT_VERBS.has(verb) ? (TYPE_OF_NOUN.get(singular(object.head?.lower ?? '')) ?? null) : null;
  if (byNoun !== null && byNoun !== 'review') return byNoun;
  if (byNoun === 'review' && object.head?.lower !== 'look') return byNoun;
  if (byVerb === 'review' || byNoun === 'review')
    return isDocumentEdited(all, paths) ? 'doc' : typeOfCheck(instruction);
  if (byVerb === 'research')
    return isRepairedAfterwards(all)
      ? 'code_change'
      : EXPLAINERS.has(verb) && asksForDocument(instruction, paths)
        ? 'doc'
        : 'research';
  if (byVerb === 'test' && verb !== 'test' && verb !== 'cover' && isAboutDocument(instruction, paths)) return 'review';
  if (byVerb === 'test' && !isProductValidation(instruction)) return 'test';
  if (
    /^comments?$/.test(object.head?.lower ?? '') &&
    MAKE_VERBS.has(verb) &&
    places.some(({ phrase }) =>
      phrase.tokens.some(
        (token) => token.kind === 'path' || token.kind === 'code' || CODE_NOUNS.has(singular(token.lower)),
      ),
    )
  )
    return 'doc';
  if (byVerb === 'doc')
    return explainsSomething(verb, all) && !asksForDocument(instruction, paths) ? 'research' : 'doc';
  if (byVerb === 'infra' && !asksForDocument(instruction, paths) && !isAbout(FRONTEND, object)) return 'infra';
  if (!isRepair && MAKE_VERBS.has(verb) && (isTest(object, paths) || isAddedToTests(instruction))) return 'test';
  if (asksForDocument(instruction, paths)) return 'doc';
  if (asksForInfrastructure(instruction, paths)) return 'infra';
  if (
    !(PACKAGE_VERBS.has(verb) && PACKAGES.has(singular(object.head?.lower ?? ''))) &&
    SETUP_VERBS.has(verb) &&
    isAbout(SETUP, object) &&
    !mentions(FRONTEND, places)
  )
    return 'infra';
  return mentionsTestsWith(main, verb) ? 'test' : 'code_change';
}

/** What kind of work a report of trouble or a wish calls for: its subject decides, and code is the rule. */
export function typeOfStatement(tokens: readonly Token[], paths: readonly string[]): TaskType {
  const verbAt = tokens.findIndex((token, i) => i > 0 && STATES.has(token.lower));
  if (/^there(?:'s)?$/.test(tokens[0]?.lower ?? ''))
    return typeOfInstruction(
      readInstruction(tokens, tokens[0]?.lower === 'there' ? 2 : 1, tokens.length, 'fix'),
      paths,
    );
  // "we have no tests for billing": what is lacking is the thing to be made
  if (/^(?:we|i)$/.test(tokens[0]?.lower ?? '') && /^(?:have|lack|got|miss)$/.test(tokens[1]?.lower ?? ''))
    return typeOfInstruction(readInstruction(tokens, 2, tokens.length, 'add'), paths);
  const whole = tokens.slice(0, verbAt < 0 ? tokens.length : verbAt);
  const end = whole.findIndex((token, i) => i > 0 && NOUN_PHRASE_ENDS.has(token.lower));
  const subject = end < 0 ? whole : whole.slice(0, end);
  const words = topicWords(subject);
  if (paths.length > 0 && paths.every(isDocPath)) return 'doc';
  if (endsWithTopic(DOCS, words) && !isAboutTokens(FRONTEND, subject, 1)) return 'doc';
  if (paths.some(isInfraPath) || namesInfrastructure(words)) return 'infra';
  if (words.at(-1) === 'pipeline') return 'infra';
  if (
    endsWithTopic(TESTS, words) &&
    tokens.some((token) => /^(?:missing|lacking|cover|covers|covered|exist)$/.test(token.lower))
  )
    return 'test';
  if (/\bcoverage\b/.test(words.join(' '))) return 'test';
  return 'code_change';
}

/** "check that all tests pass" runs them; "check why it is slow" looks for a reason; else somebody reads and judges. */
function typeOfCheck({ verb, all }: Instruction): TaskType {
  const words = all.map((token) => token.lower);
  if (/^(?:check|double-check|look|have|take)$/.test(verb)) {
    if (words.some((word) => ['why', 'how', 'where'].includes(word)) && !words.includes('review'))
      return isRepairedAfterwards(all) ? 'code_change' : 'research';
    const isClaim = ['that', 'if', 'whether'].includes(words[1] ?? '');
    if (isClaim && words.some((word) => /^(?:pass|passes|works?|still|green|succeeds?|tests?)$/.test(word)))
      return 'test';
    if (isRepairedAfterwards(all)) return 'code_change';
  }
  return 'review';
}

function isTest(object: NounPhrase, paths: readonly string[]): boolean {
  const words = topicWords(object.tokens);
  if (endsWithTopic(TESTS, words)) return true;
  const last = words.at(-1) ?? '';
  if (topics.CONTAINER_NOUNS.has(last) && endsWithTopic(TESTS, words.slice(0, -1))) return true;
  if (object.head?.kind === 'code') return /\btests?\b/.test(object.head.lower);
  return paths.length > 0 && paths.every((path) => topics.TEST_PATH.test(path.toLowerCase()));
}

/** "add some cases to the parser tests" */
function isAddedToTests({ verb, places }: Instruction): boolean {
  return (
    /^(?:add|write|include|put)$/.test(verb) &&
    places.some(({ preposition, phrase }) => /^(?:to|into)$/.test(preposition) && isAbout(TESTS, phrase))
  );
}

/** "cover the parser with tests" */
function mentionsTestsWith(main: readonly Token[], verb: string): boolean {
  const words = main.map((token) => singular(token.lower));
  return verb === 'protect' && words.includes('with') && words.includes('test');
}

/** "validate the email field on the server": a feature; "verify the login works": a test. */
function isProductValidation({ verb, all, object }: Instruction): boolean {
  if (verb === 'cover')
    return (
      !all.some((token) => /^(?:tests?|specs?|cases?|paths?|branch(?:es)?|edge)$/.test(token.lower)) &&
      isAbout(FRONTEND, object)
    );
  return verb === 'validate' && !all.slice(1, 3).some((token) => ['that', 'whether', 'if'].includes(token.lower));
}

/** "verify whether the README is understandable" */
function isAboutDocument({ all }: Instruction, paths: readonly string[]): boolean {
  return (
    (paths.length > 0 && paths.every(isDocPath)) ||
    (paths.length === 0 && isAboutTokens(DOCS, all.slice(0, 6), Infinity) && !isAboutTokens(FRONTEND, all, Infinity))
  );
}

const EXPLAINERS: ReadonlySet<string> = new Set(['describe', 'summarise', 'summarize', 'outline', 'explain']);
function explainsSomething(verb: string, all: readonly Token[]): boolean {
  return (
    EXPLAINERS.has(verb) &&
    all.slice(1, 4).some((token) => ['how', 'why', 'what', 'where', 'me', 'to'].includes(token.lower))
  );
}

export const EDITS: ReadonlySet<string> = new Set(
  listOf(
    'fix, repair, correct, shorten, tighten, polish, reword, rewrite, improve, simplify, update, trim, clean, tidy, adjust, rephrase, edit',
  ),
);
const REPAIRS: ReadonlySet<string> = new Set(['fix', 'repair', 'resolve', 'solve', 'correct']);

/** "find the leak and fix it", "look into why it hangs and fix it" */
function isRepairedAfterwards(all: readonly Token[]): boolean {
  return all.some(
    (token, i) =>
      i > 0 &&
      REPAIRS.has(token.lower) &&
      (all[i - 1]?.lower === 'and' || all[i - 1]?.lower === 'then' || all[i - 1]?.text === ','),
  );
}

/** "proofread the release notes and shorten them" */
function isDocumentEdited(all: readonly Token[], paths: readonly string[]): boolean {
  const editAt = all.findIndex((token, i) => EDITS.has(token.lower) && /^(?:and|then)$/.test(all[i - 1]?.lower ?? ''));
  return editAt > 1 && asksForDocument(readInstruction(all, 0, editAt - 1), paths);
}

const WRITTEN_INTO: ReadonlySet<string> = new Set([
  'in',
  'into',
  'to',
  'of',
  'on',
  'from',
  'inside',
  'with',
  'within',
  'as',
  'for',
]);

/** Whether the thing an instruction works on is a text. */
export function asksForDocument({ verb, object, places }: Instruction, paths: readonly string[]): boolean {
  if (
    PROGRAM_VERBS.has(verb) &&
    !(verb !== 'link' && object.head?.lower === 'it' && places.some(({ phrase }) => isDocument(phrase)))
  )
    return false;
  if (isDocument(object))
    return !places.some(
      ({ preposition, phrase }) =>
        preposition !== 'for' &&
        preposition !== 'with' &&
        preposition !== 'about' &&
        preposition !== 'of' &&
        isAbout(FRONTEND, phrase) &&
        !isDocument(phrase) &&
        !isDocHead(object.head),
    );
  const isElsewhere = places.some(
    ({ preposition, phrase }) => preposition !== 'for' && !isDocument(phrase) && isAbout(FRONTEND, phrase),
  );
  if (isElsewhere) return false;
  if (
    places.some(
      ({ preposition, phrase }) => WRITTEN_INTO.has(preposition) && preposition !== 'for' && isDocument(phrase),
    )
  )
    return object.head?.kind !== 'path' || isDocPath(object.head.text);
  return paths.length > 0 && paths.every(isDocPath);
}

function isDocHead(head: Token | null): boolean {
  return head?.kind === 'path';
}

/** Whether these few words are the name of a text: "Readme", "the API docs". */
export function namesDocument(tokens: readonly Token[]): boolean {
  return tokens.length < 5 && isDocument({ tokens: [...tokens], head: tokens.at(-1) ?? null });
}

function isDocument({ tokens, head }: NounPhrase): boolean {
  if (head === null) return false;
  if (head.kind === 'path' || head.kind === 'code') return isDocPath(head.text);
  const words = topicWords(tokens);
  if (endsWithTopic(DOCS, words)) return true;
  return (
    topics.CONTAINER_NOUNS.has(words.at(-1) ?? '') &&
    tokens.length > 1 &&
    !topics.PRODUCT_TEXTS.has(words.at(-2) ?? '') &&
    endsWithTopic(DOCS, words.slice(0, -1))
  );
}

function asksForInfrastructure({ object, places, main }: Instruction, paths: readonly string[]): boolean {
  if (paths.length > 0) return paths.some(isInfraPath) && !paths.some((path) => !isInfraPath(path) && !isDocPath(path));
  if (
    (isAbout(FRONTEND, object) && !isAbout(INFRA, object)) ||
    mentions(
      FRONTEND,
      places.filter(({ preposition }) => preposition !== 'for'),
    )
  )
    return false;
  if (isAboutTokens(INFRA, object.tokens, Infinity)) return isAbout(INFRA, object) || !isAbout(BACKEND, object);
  const isCode = endsWithTopic(BACKEND, topicWords(object.tokens));
  return (
    places.some(
      ({ preposition, phrase }) =>
        isAboutTokens(INFRA, phrase.tokens, Infinity) && (!isCode || ['in', 'to', 'on', 'into'].includes(preposition)),
    ) && main.length > 0
  );
}

/** "docker image" is infrastructure though an image alone is not. */
function namesInfrastructure(words: readonly string[]): boolean {
  const found = INFRA.find(words);
  const others = words.filter((_, i) => !found.some(({ at, length }) => i >= at && i < at + length));
  return found.length > 0 && FRONTEND.find(others).length === 0;
}

function mentions(table: TopicTable, places: Instruction['places']): boolean {
  return places.some(({ phrase }) => isAbout(table, phrase));
}

/** Whether the phrase names such a thing at its end, where its head stands. */
function isAbout(table: TopicTable, phrase: NounPhrase): boolean {
  return endsWithTopic(table, topicWords(phrase.tokens));
}

function isAboutTokens(table: TopicTable, tokens: readonly Token[], lastWords: number): boolean {
  const words = topicWords(tokens);
  return table.find(words.slice(Math.max(0, words.length - lastWords))).length > 0;
}

function endsWithTopic(table: TopicTable, words: readonly string[]): boolean {
  const last = words.slice(-4);
  const hits = table === FRONTEND ? uncovered(table.find(last), BACKEND.find(last)) : table.find(last);
  return hits.some(({ at, length }) => at + length === last.length);
}

export function isDocPath(path: string): boolean {
  const lower = path.toLowerCase().replaceAll('\\', '/');
  const name = lower.slice(lower.lastIndexOf('/') + 1);
  if (
    /^(?:readme|contributing|changelog|license|licence|security|authors|notice|codeowners|code_of_conduct|roadmap|architecture|maintainers|governance|install)(?:\.|$)/.test(
      name,
    )
  )
    return true;
  if (topics.DOC_EXTENSIONS.has(name.slice(name.lastIndexOf('.') + 1)) && name.includes('.')) return true;
  const hasCodeExtension = /\.[a-z]{1,6}$/.test(name);
  return !hasCodeExtension && topics.DOC_FOLDERS.has(lower.split('/')[0] ?? '');
}

export function isInfraPath(path: string): boolean {
  const parts = path.toLowerCase().replaceAll('\\', '/').split('/');
  return (
    topics.INFRA_FILES.test(parts.at(-1) ?? '') || parts.some((part, i) => topics.INFRA_PATH_PARTS.has(part) && i < 2)
  );
}
