import { listOf, phraseSet } from '../phrases.ts';

/** Words and phrases that report something wrong. */
export const TROUBLE = phraseSet(`
  fails, fail, failing, failed, broken, breaks, break, broke, crash, crashes, crashed, crashing, down, timeout, timeouts, timed out, times out, time out, timing out, doesn't, does not, doesnt, don't, do not, didn't, did not, isn't, is not, isnt, aren't, are not, can't, cannot, can not, cant, could not, couldn't,
  won't, will not, wont, wasn't, wrong, wrongly, incorrect, incorrectly, missing, slow, slowly, sluggish, laggy, lags, hang, hangs, hanging, hung, freeze, freezes, frozen, leak, leaks, leaking, error, errors, exception, exceptions, bug, bugs, buggy, regression, overlap, overlaps, overlapping, flicker, flickers, flickering, misaligned, unaligned,
  still say, still says, is still, are still, off screen, off-screen, drops, dropped, expires, expired, expiring, still show, still shows, still use, still uses, still point, still points, still has, still have, still contains, still opens, still sends, still there, still appears, still returns, feels off, looks off, looks weird, weird, strange, odd,
  have no, has no, lack, lacks, lacking, stuck, does nothing, do nothing, nobody can, no one can, noone can, nothing works, not anymore, throws, undefined, nan, null pointer, not working, no longer, stopped working, typo, typos, outdated, out of date, stale, obsolete, unreadable, ugly, flaky, duplicate, duplicates, duplicated, twice, inconsistent, corrupt, corrupts, corrupted, loses, lost, losing, nothing happens, blank, garbled, unresponsive, unreachable, unavailable, vulnerable, insecure, vulnerability,
  deadlock, deadlocks, race condition, too big, too small, too slow, too long, too short, too wide, too narrow, too dark, too light, too large, too many, too much, too high, too low, invisible, hidden behind, cut off, truncated, off by one, infinite loop, segfault, segfaults, panic, panics, stack overflow, out of memory, oom, refuses, refused, rejects, ignores, ignored, mess, messy, red, confusing, hard to read, unused, never,
  500, 502, 503, 504, 404, 403, 401, 400, 422, 429, complains, complaining, warning, warnings, deprecated, denied, invalid, malformed, spinning, disappears, disappeared, vanishes, jump, jumps, jumping, blinks, unstable, low, poor, bad, clipped, squashed, stretched, blurry, offline, empty, dead, needs to be fixed, needs fixing, needs a fix, needs work, needs an update, needs updating, needs a refactor, could be better, could be faster`);

/** "It would be great if the board remembered its filters" */
export const WISHES = phraseSet(
  `it would be great if, it would be nice if, it would be good if, it would be cool if, it would be helpful if, it would be useful if, it would be better if, it'd be great if, it'd be nice if, it'd be good if, it'd be cool if, would be great if, would be nice if, would be good if, i wish, i'd prefer if, i would prefer if, i'd like it if, i would like it if, i'd love it if`,
);

/** Verbs after which somebody tells of trouble they met: "I get a 500". */
export const ENCOUNTERS: ReadonlySet<string> = new Set(
  listOf(
    "get, getting, got, see, seeing, saw, noticed, found, have, having, hit, can't, cannot, couldn't, could, keep, spotted, discovered, receive, receiving, am, run, ran, do, don't, still, always, often, sometimes, just, also",
  ),
);

export const MODALS: ReadonlySet<string> = new Set(
  listOf('should, must, shall, ought, may, might, can, could, will, would, cannot'),
);
/** Modals that demand. */
export const DEMAND_MODALS = phraseSet(
  `needs a, needs an, needs some, needs more, needs better, need a, need an, need some, need more, need better, should, must, shall, ought to, has to, have to, needs to, need to, is supposed to, are supposed to, may not, must not, mustn't, shouldn't, should not, is expected to, are expected to, may only, can only, shouldnt`,
);

export const PRONOUNS: ReadonlySet<string> = new Set(
  listOf(
    "it, this, that, they, these, those, its, he, she, there, both, all, everything, each, which, the result, it's, it'll, that's, i, we, you, nothing, no, neither, none, if, when, only, after, before, on, in",
  ),
);
export const FINITE: ReadonlySet<string> = new Set(
  listOf(
    "is, are, was, were, has, have, had, does, did, do, isn't, aren't, i, we, you, he, she, they, it, i'm, i've, it's, that's, will, would, can, could",
  ),
);
export const DETERMINERS: ReadonlySet<string> = new Set(
  listOf(
    'the, a, an, all, every, each, any, some, both, my, our, your, its, their, his, her, this, that, these, those, another, more, no, several, two, three, four, five, new, missing, it, them, us, me, everything, whatever, what, which, how, why, whether, where, if, when, who',
  ),
);

/** Objects that only mean something together with what was said before. */
export const ANAPHORS: ReadonlySet<string> = new Set(
  listOf(
    'it, them, that, this, these, those, what, whatever, everything, anything, its, their, there, one, ones, him, her, all, so, unused, dead, accordingly, otherwise, same',
  ),
);
export const DEPENDENT_NOUNS: ReadonlySet<string> = new Set(
  listOf(
    'caller, usage, use, reference, import, site, occurrence, place, rest, leftover, remains, remain, other, consumer, call, result, finding, output, outcome, diff, dependency',
  ),
);

/** Words that close a noun phrase. */
export const NOUN_PHRASE_ENDS: ReadonlySet<string> = new Set(
  listOf(`
  for, in, to, of, on, with, from, at, by, that, which, who, so, when, where, because, if, as, into, onto, about, using, via, per, after, before, without, inside, under, over, than, until, whether, how, why, while, since, but, then, through, across, against, like, within, between, behind, above, below, next, near, regarding, concerning, around, beside, should, must, is, are, be, can, will, has, have, instead, back, up, down, out, off, once, whenever, during, upon, towards, toward, again, covering, describing, explaining, verifying, checking, including, showing, containing`),
);
export const PREPOSITIONS: ReadonlySet<string> = new Set(
  listOf(
    'for, in, to, of, on, with, from, at, by, into, onto, inside, under, within, about, against, across, via, through',
  ),
);
/** Where a clause begins that says more about what is asked for, not where it is. */
export const SUBORDINATORS: ReadonlySet<string> = new Set(
  listOf(
    'that, which, who, so, when, where, because, if, while, since, whose, unless, until, whenever, once, although, though, as, after, before',
  ),
);
export const OPENING_SUBORDINATORS: ReadonlySet<string> = new Set(
  listOf(
    'if, when, whenever, once, while, as, since, because, after, before, unless, although, until, given, for, in, on, during, with, regarding, concerning, to, based, instead, without, using, inside, under, at, along',
  ),
);

/** "by 5 pm": sentences that say more about the one before. */
export const QUESTION_OPENERS: ReadonlySet<string> = new Set(
  listOf(
    "what, what's, whats, how, how's, why, why's, where, where's, when, when's, who, who's, whom, whose, which, is, are, am, was, were, do, does, did, don't, doesn't, didn't, isn't, aren't, has, have, had, hasn't, haven't, can, could, should, shall, would, will, won't, may, might, any, anything, anyone, everything, got",
  ),
);

/** A question or a "show me" with one of these is about how the work stands. */
export const STATUS_WORDS: ReadonlySet<string> = new Set(
  listOf(`
  run, runs, running, ran, task, tasks, queue, queued, queues, agent, agents, runner, runners, progress, status, state, backlog, finished, finish, done, ready, blocked, pending, waiting, started, stuck, working, completed, complete, next, eta, far, update, updates, news, happening, happened, happens, going, left, remaining, open, failed, passing, passed, pass, green, merged, review, doing, did, have, up, today, now, yesterday, already, yet, still, long, deployed, todo, idle, busy, budget, cost, costs, spent, orchestrator, cycle, overview, blocker, blockers`),
);
/** Third-person verbs and auxiliaries: what stands before them is a subject, so the sentence states something. */
export const STATES: ReadonlySet<string> = new Set(
  listOf(`
  is, are, was, were, isn't, aren't, wasn't, has, have, hasn't, had, does, doesn't, did, didn't, do, should, must, shall, needs, need, can, can't, cannot, could, will, won't, would, may, might, fails, failed, breaks, broke, crashes, crashed, shows, returns, throws, looks, takes, gets, times, hangs, overlaps, keeps, lacks, loses, leaks,
  works, seems, appears, feels, uses, contains, renders, sends, goes, jumps, disappears, loads, runs, stops, ignores, complains, refuses, rejects, reports, flickers, freezes, says, gives, blocks, covers, displays, points, answers, exceeds, misses, depends, drops, shouldn't, mustn't, say, fail, crash, overlap, disappear, flicker, freeze, seem, appear, contradict, contradicts, deletes, removes, accepts, allows, leaves, opens, closes, saves, makes, lands, land, ends, starts, expires, overflows, submits, skips, counts, sorts, creates, adds, went, came, took, worked, succeeded, happened`),
);

/** Adverbs that open a sentence; an unknown word before a determiner is a verb unless it is one of these. */
export const OPENING_ADVERBS: ReadonlySet<string> = new Set(
  listOf(
    'yesterday, today, tomorrow, sometimes, often, currently, lately, recently, still, always, never, usually, apparently, somehow, here, there, now, then, once, not, only, even, half, most, such, quite, rather, what, all, both, nothing, everything, somebody, someone, nobody, see, seeing, hear, enjoy, love, hate, hope, wish, given, per, via, despite, except, unlike, during, regarding, yet, thus, hence, obviously, unfortunately, sadly, luckily',
  ),
);

/** Objects that announce a list instead of naming a thing. */
export const GENERIC_OBJECTS: ReadonlySet<string> = new Set(
  listOf(
    'following, this, these, those, them, thing, task, item, list, bug, issue, point, todo, change, stuff, step, that, few, some, more, couple, problem, request, fix, improvement, it, below, all, job, work, next, order, one',
  ),
);

/** With one of these a statement tells that all is well. */
export const GOOD_NEWS: ReadonlySet<string> = new Set(
  listOf(
    'done, fixed, works, work, working, great, good, nice, fine, perfect, awesome, better, best, ready, deployed, merged, finished, complete, completed, green, passes, passing, passed, love, loves, like, likes, thanks, live, happy, beautiful, lovely, amazing, excellent, impressive, improved, solved, resolved, cool, fast, faster, well, correct, okay, ok',
  ),
);
export const FIRST_PERSON: ReadonlySet<string> = new Set(listOf("i, we, i'm, i've, we're, we've, i'll, we'll, i'd"));

/** How a task or a run stands, which is no trouble of the product. */
export const WORK_STATES: ReadonlySet<string> = new Set(
  listOf(
    'blocked, pending, queued, waiting, running, open, failed, stuck, canceled, cancelled, approved, assigned, next, started',
  ),
);
