import type { TaskType } from '#contract/enums.ts';
import { listOf, phraseTable } from '../phrases.ts';

/**
 * What may stand before the words that matter.
 *   filler:   nothing            ("please", "ok so", "um")
 *   sequel:   begins a new ask   ("then", "also")
 *   request:  an instruction follows           ("could you")
 *   gerund:   an instruction in -ing follows   ("would you mind")
 *   need:     the name of something wanted follows ("we need")
 *   report:   somebody tells what they met ('it seems that')
 *   prefix:   names the kind of what follows the colon ("bug:", "todo:")
 */
export type LeadKind = 'filler' | 'sequel' | 'request' | 'gerund' | 'need' | 'report' | 'prefix';

const FILLERS = listOf(`
  please, pls, plz, plss, kindly, hey, hi, hello, hallo, moin, ok, okay, okey, so, well, and, but, or, now, just, maybe, perhaps, quickly, again, btw, by the way, um, umm, uh, uhm, er, erm, hmm, hm,
  oh, yes, yeah, yep, sure, great, cool, nice, perfect, thanks, thank you, thx, team, everyone, folks, guys, all right, alright, right, actually, basically, like, you know, simply, only, anyway, hi there, hello there, hey there,
  apparently, i wonder, i'm wondering, i was wondering, just wondering, wondering, i'm curious, i am curious, curious, any idea, any ideas, do you know, does anyone know, do we know, i think, i guess, i believe, i suppose, good morning, good afternoon, good evening, morning, dear, buddy, mate, first of all, for now, at least, if possible, if you can, if you could, if you do not mind,
  when you're done, when you are done, when that's done, when that is done, once that's done, once that is done, once done, when done, ideally, ah, wow, instead, rather, @orchestrator, orchestrator, @all,
  look, listen, look at this, one more thing, another thing, one thing, same here, today, tomorrow, asap please, in that case, for that, sorry, good, super, carefully, properly, correctly, gently, briefly, slowly, completely`);

const SEQUELS = listOf(`
  first thing, second thing, third thing, fourth thing, last thing, the first thing, the second thing, the third thing, the last thing, the other thing, another thing, one more thing, number one, number two, number three, the first one, the second one, the third one, one last thing, then, also, next, first, firstly, second, secondly, third, thirdly, fourth, finally, lastly, last, afterwards, afterward, after that, after this, additionally, in addition, besides, besides that, plus, moreover, furthermore,
  on top of that, apart from that, as well as, subsequently, later, step one, step two, step three, another one, other than that, as a next step, last but not least, and then, and also, meanwhile, separately, once more`);

const REQUESTS = listOf(`
  can you, could you, would you, will you, can we, could we, can someone, could someone, can somebody, could somebody, can u, could u, can anyone, can one of you, can you guys, are you able to, would you be able to, could you be so kind and, be so kind and,
  would you be so kind and, would you be so kind as to, be so kind as to, would it be possible to, would it be possible for you to, is it possible to, is it possible for you to, could you possibly, could you maybe, can you maybe, could you perhaps, could you try to, can you try to,
  i want you to, i need you to, we need someone to, i need someone to, we need somebody to, i need somebody to, i want someone to, we need you to, we want you to, i would like you to, i'd like you to, id like you to, we'd like you to, we would like you to, i'd love you to, i want us to, i'd like us to, i want to, i'd like to, i would like to, we'd like to, we would like to, we want to, i wanna,
  we need to, we have to, we should, we must, we ought to, we gotta, we've got to, we could, we might want to, we may want to, we can, you should, you need to, you must, you have to, you can, you could, you may, you might want to, i need to, i have to, i should, someone should, somebody should, someone needs to,
  let's, lets, let us, go ahead and, feel free to, remember to, don't forget to, do not forget to, dont forget to, please don't forget to, make sure to, make sure you, be sure to, try to, help me to, help me, help us to, help us, your task is to, your job is to, the task is to, the goal is to,
  it would be nice to, it would be great to, it would be good to, it'd be nice to, it'd be great to, it'd be good to, would be nice to, would be great to, would be good to, it would be nice if you could, it would be great if you could, it'd be great if you could, would be great if you could, would be nice if you could,
  it would be nice if we could, it would be great if we could, it would be cool to, it would be cool if we could, it would be helpful to, it makes sense to, time to, it's time to, it is time to, i was wondering if you could, i wonder if you could, i was hoping you could, any chance you could, any chance you can, any chance we can, any chance we could,
  please can you, please could you, what if we, why don't we, why don't you, why not, how about we, how about you, i suggest we, i suggest to, i propose we, i propose to, i think we should, i think you should, i would, i'd, you are to, have someone, get someone to, i'd appreciate it if you could, i would appreciate it if you could, do you think you could, think you could, mind, proceed to, start to, begin to, be able to, need to, want to, would like to, would love to, have to, gotta, ought to, needs to be able to, i'd love to`);

const GERUND_LEADS = listOf(`
  would you mind, do you mind, mind, how about, what about, consider, start, start by, start with, begin by, begin with, keep, i suggest, i propose, i recommend, try, continue, continue with, finish, go on with, is it worth, it's worth, it is worth, worth`);

const NEEDS = listOf(`
  would love, would like, could use, need, want, i need, we need, i want, we want, i'd like, i would like, we'd like, we would like, i'd love, we'd love, there should be, there must be, there needs to be, there has to be, we should have, we must have, we could use, i could use, can we have, can i have, could we have, could i have, can we get, can i get, could we get,
  it would be nice to have, it would be great to have, it would be good to have, it'd be nice to have, it'd be great to have, would be nice to have, would be great to have, would love to have, would love to see, i'd love to see, i'd like to see, i would like to see, we're missing, we are missing, what we need is, what i need is, i'm missing, give us, any chance of, any chance for, we lack, what's missing is`);

const REPORTS = listOf(`
  i see that, it seems that, it seems, it seems like, it looks like, looks like, seems like, seems that, turns out that, turns out, it turns out that, it turns out, it appears that, it appears`);

const PREFIXES = listOf(`
  spike, research, investigation, review, bug, bug report, issue, problem, todo, to do, task, feature, feature request, idea, request, suggestion, fix, chore, feat, refactor, perf, enhancement, improvement, regression, story, ticket, action, action item, ask, wish, incident, question, quick question, new task, new feature, quick one, quick question, one more, small thing, small one, q, nit, heads up, note to self, reminder, minor, quick, another one, another thing, change request, follow up, follow-up, fyi`);

export const LEADS = phraseTable<LeadKind>([
  ...FILLERS.map((phrase) => [phrase, 'filler'] as const),
  ...SEQUELS.map((phrase) => [phrase, 'sequel'] as const),
  ...NEEDS.map((phrase) => [phrase, 'need'] as const),
  ...GERUND_LEADS.map((phrase) => [phrase, 'gerund'] as const),
  ...REPORTS.map((phrase) => [phrase, 'report'] as const),
  ...REQUESTS.map((phrase) => [phrase, 'request'] as const),
]);

export const PREFIX_WORDS: ReadonlySet<string> = new Set(PREFIXES);

/** Before a colon these say what kind of work is meant, whatever the words behind it say. */
export const TYPE_OF_PREFIX: ReadonlyMap<string, TaskType> = new Map<string, TaskType>([
  ...listOf('spike, research, investigation, question, quick question, investigate').map(
    (word) => [word, 'research'] as const,
  ),
  ...listOf('ci, build, deploy').map((word) => [word, 'infra'] as const),
  ['docs', 'doc'],
  ['test', 'test'],
  ['tests', 'test'],
  ['review', 'review'],
]);
