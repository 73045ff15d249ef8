import { listOf, phraseTable } from '../phrases.ts';

/**
 * How a phrase that states a priority must stand to count.
 *   anywhere: it can mean nothing else
 *   label:    not before the noun that it would describe ("a high priority badge"), not after "as" or "by"
 *   alone:    only set apart: by commas, brackets, the ends of a sentence; or before "bug", "fix" …
 *   manner:   not after a modal or a relative word, where it says how the product should behave
 */
export type MarkerUse = 'anywhere' | 'label' | 'alone' | 'manner';

interface Level {
  priority: 1 | 2 | 3 | 4 | 5;
  use: MarkerUse;
  phrases: string[];
}

const LEVELS: Level[] = [
  {
    priority: 1,
    use: 'anywhere',
    phrases: listOf(
      'asap, a.s.a.p, a.s.a.p., as soon as possible, as soon as you can, as quickly as possible, as fast as possible, as quickly as you can, as fast as you can, hotfix needed, urgent fix needed, needs a hotfix, drop everything, drop everything else, top of the list, before anything else, before everything else, needs to happen now, needs to be fixed now, on fire, time critical, time-critical, time sensitive, with urgency, as a matter of urgency, needs to go out today, needs to happen today, needs to be fixed today, needs to be fixed immediately, needs to be done now, needs to be done today, highest urgency, blocking us, blocking the release, blocking everyone, blocks everyone, blocks the release, blocks us',
    ),
  },
  {
    priority: 1,
    use: 'label',
    phrases: listOf(
      'top priority, highest priority, top prio, highest prio, critical priority, urgent priority, priority critical, priority urgent, priority highest, priority top, prio urgent, prio critical, maximum priority, max priority, max prio, super high priority, extremely urgent, very urgent, super urgent, really urgent, most urgent, p0, p1, p-0, p-1, prio0, prio1, sev0, sev1, sev-0, sev-1, sev 0, sev 1, severity 0, severity 1, number one priority, #1 priority, first priority, 1st priority, blocker priority, top-priority, urgency high, high urgency',
    ),
  },
  {
    priority: 1,
    use: 'manner',
    phrases: listOf(
      'urgently, immediately, right away, straight away, straightaway, right now, without delay, without any delay, pronto',
    ),
  },
  {
    priority: 1,
    use: 'alone',
    phrases: listOf(
      'now !, fix it now, fix this now, fix that now, do it now, do this now, urgent, critical, emergency, blocker, a blocker, blocking, showstopper, show stopper, show-stopper, hot fix, hotfix, at once, instantly, dringend',
    ),
  },
  {
    priority: 2,
    use: 'label',
    phrases: listOf(
      'high priority, high prio, prio high, priority high, high-priority, high-prio, important priority, fairly urgent, somewhat urgent, p2, p-2, prio2, sev2, sev-2, sev 2, severity 2, second priority, elevated priority, higher priority, higher prio, very important, really important, quite important',
    ),
  },
  { priority: 2, use: 'alone', phrases: listOf('important, high, high importance, soonish') },
  {
    priority: 3,
    use: 'label',
    phrases: listOf(
      'normal priority, medium priority, default priority, regular priority, standard priority, medium prio, normal prio, prio medium, prio normal, priority medium, priority normal, p3, p-3, prio3, sev3, sev-3, sev 3, severity 3, mid priority, average priority, usual priority, moderate priority',
    ),
  },
  { priority: 3, use: 'alone', phrases: listOf('normal, medium') },
  {
    priority: 4,
    use: 'label',
    phrases: listOf(
      'p4, p-4, prio4, sev4, sev-4, sev 4, severity 4, lower priority, lower prio, lowish priority, less urgent, less important, not that important, not so important, not very important, not that urgent, not so urgent, not very urgent, not too urgent, medium-low priority, below normal priority',
    ),
  },
  {
    priority: 5,
    use: 'label',
    phrases: listOf(
      'low priority, low prio, prio low, priority low, low-priority, low-prio, lowest priority, lowest prio, priority lowest, very low priority, minimal priority, p5, p-5, prio5, sev5, last priority, least priority, least important, trivial priority',
    ),
  },
  {
    priority: 5,
    use: 'anywhere',
    phrases: listOf(`
      no rush, no hurry, no pressure, no urgency, not urgent, non urgent, non-urgent, nothing urgent, isn't urgent, is not urgent, not in a hurry, not critical, not important, unimportant, not a priority, isn't a priority, take your time, can wait, it can wait, this can wait, that can wait, there is no rush, there's no rush, there is no hurry, there's no hurry,
      whenever you have time, whenever you've time, whenever you have some time, when you have time, when you've got time, when you have some time, when you have a moment, when you have a minute, when you have some spare time, if you find the time, if you find some time, when you find some time, whenever you find time, whenever you find the time, once you have time, if you have a moment, if you have a minute, if you have some spare time, if you've got time, if you've got a minute, when you've a minute, when you find time, when you find the time, when there is time, when there's time, if you have time, if there's time, if there is time, if you find time, when time permits, if time permits, if time allows, when time allows, time permitting, if there is some time left, if you have some time, if there's time left, not a big deal, no biggie, no big deal, no need to hurry, no need to rush, in your own time, when you are free, when you're free, if you are bored, if you're bored, when things are quiet, not pressing, nothing pressing, not time sensitive, as time permits,
      whenever you get a chance, when you get a chance, when you get the chance, if you get a chance, whenever you can, whenever possible, whenever you like, whenever you want, whenever, whenever convenient, when convenient, at your convenience, at your leisure, when you get around to it, when you get round to it, when you get to it, whenever you get to it, in your spare time, on the side,
      someday, some day, eventually, at some point, sometime, some time, one day, nice to have, nice-to-have, low urgency, back burner, on the back burner, lowest of priorities, in no hurry, in no rush, when it suits you, when you're bored, when idle, when nothing else is left, not time critical, does not have to be today, doesn't have to be today, unhurriedly`),
  },
  { priority: 5, use: 'alone', phrases: listOf('low, low importance, lowest, trivial') },
];

export const PRIORITY_PHRASES = phraseTable<{ priority: number; use: MarkerUse }>(
  LEVELS.flatMap(({ priority, use, phrases }) => phrases.map((phrase) => [phrase, { priority, use }] as const)),
);

/** Words before a number that make it a priority: "priority 2", "prio: 4". */
export const PRIORITY_NOUNS: ReadonlySet<string> = new Set([
  'priority',
  'prio',
  'prio:',
  'priority:',
  'prioritet',
  'priorität',
]);

/** What a priority may describe and still be the priority of the ask: "the urgent bug". */
export const WORK_NOUNS: ReadonlySet<string> = new Set(
  listOf(
    'bug, bugs, issue, issues, problem, problems, fix, fixes, task, ticket, incident, regression, defect, request, item, todo, hotfix, error, outage, thing, one, ask, job, matter, please, pls, thanks, though, here, too',
  ),
);

/** Words that make a priority count for everything in the message. */
export const WHOLE_MESSAGE_WORDS: ReadonlySet<string> = new Set(['both', 'all', 'everything', 'each', 'every']);
export const BESIDE_WHOLE_MESSAGE: ReadonlySet<string> = new Set(
  listOf(
    "of, this, that, these, those, them, it, is, are, 's, with, at, the, tasks, items, things, very, equally, asks, above, here, as, have, has, a, should, be, being, points, three, two, four, same, need, to, done, please, and, ,",
  ),
);
