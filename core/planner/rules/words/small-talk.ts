import { listOf, phraseSet } from '../phrases.ts';

/** A sentence made of nothing but these is small talk. */
export const SMALL_TALK_WORDS: ReadonlySet<string> = new Set(
  listOf(`
  thanks, thank, thx, ty, tysm, cheers, danke, merci, please, great, good, nice, cool, ok, okay, okey, k, kk, yes, yep, yeah, yup, no, nope, nah, sure, hello, hi, hey, hallo, moin, howdy, hiya, yo, morning, evening, afternoon, night, day, well, done, perfect, awesome, amazing, excellent, fantastic, wonderful, brilliant,
  lgtm, looks, look, looking, sounds, sound, works, work, working, worked, fine, got, it, i, see, you, so, much, very, that, that's, thats, this, is, are, was, all, for, everyone, everybody, team, again, really, a, the, job, sorry, haha, hahaha, hehe, lol, lmao, bye, goodbye, ciao, later, soon, welcome, you're, youre, your, wow, hmm, hm, mhm, uh, um, oh, ah, aha,
  right, agreed, understood, absolutely, exactly, true, indeed, alright, roger, ack, cya, tomorrow, today, weekend, love, like, happy, glad, congrats, congratulations, kudos, bravo, problem, worries, worry, never, mind, nevermind, what, how, up, doing, going, there, anyone, here, me, to, of, with, at, in, and, have, had, too, as, always, impressive, super, sweet, neat, wonderful, best, better, bit, lot, lots, quick, fast, help, helpful, appreciate, appreciated, go, ahead, it's, i'm, im, pretty, quite, just, sir, friend, my, guys, folks, one, another, testing, ping, pong, hooray, yay, woohoo, voila, gracias, bitte, np, same, enjoy, rest, wait, moment, second, sec, minute, fun, new, now, looks-good, cat, weather, coffee, lunch, good-bye, see-you, proud, tada, exciting, interesting`),
);

/** A sentence that begins so is about the past or the person. Nothing is asked for. */
export const SMALL_TALK_OPENINGS = phraseSet(`
  thanks for, thank you for, thank you so much for, thanks a lot for, many thanks for, thx for, ty for, great work on, great job on, nice work on, nice job on, good job on, good work on, well done on, congrats on, congratulations on, love the, love how, i love, i like the, i like how, i really like, i'm happy with, happy with, nice to, good to know, good to see, glad to, glad that, have a nice, have a good, have a great, have a wonderful, have fun, enjoy the, enjoy your,
  see you, talk to you, how are you, how is it going, how's it going, what's up, who are you, what are you, what can you do, are you there, are you a, are you an, do you like, do you have feelings, who made you, who built you, nice to meet, my name is, i'm back, i am back, i'm here, i'm off, i am off, be right back, brb, happy new, happy birthday, merry christmas, tell me a joke, tell me something funny, sing, good luck, bless you, no worries, never mind, forget it, forget that, forget about it, ignore that, ignore this, ignore my, sorry for, sorry about, i was just, just kidding, just checking, just saying, just testing, test test, sleep well, welcome back, long time, as i said, as you know, you're welcome, you are, you did, that was, that is great, that's great, this is great, that is all, that's all, that's it, that is it, let me think, let me check, let me see, let me look, let me have a look, let me get back, let me sleep, let me read, let me try, we will see, we'll see, talk later, fingers crossed`);

/** Subjects of sentences between people. */
export const SOCIAL_WORDS: ReadonlySet<string> = new Set(
  listOf(
    'meeting, lunch, dinner, breakfast, holiday, holidays, vacation, weekend, coffee, weather, birthday, joke, football, movie, sleep, beer, party, standup, stand-up, doctor, dentist, sick, flight',
  ),
);

/** Orders to the control plane itself, which has its own buttons for them. */
export const CONTROL_VERBS: ReadonlySet<string> = new Set(
  listOf(
    'do, take, pick, skip, finish, complete, cancel, approve, approved, pause, resume, abort, kill, retry, rerun, restart, stop, start, run, merge, ship, accept, accepted, reject, continue, unpause, close, reopen, requeue, hold, proceed',
  ),
);
export const CONTROL_OBJECTS: ReadonlySet<string> = new Set(
  listOf(
    'it, that, this, them, everything, all, run, runs, task, tasks, cycle, orchestrator, queue, agent, agents, runner, runners, project, last, now, again, both, #',
  ),
);
export const CONTROL_BESIDE: ReadonlySet<string> = new Set(
  listOf(
    'when, ready, done, once, you, are, is, if, green, the, a, my, your, every, current, running, last, latest, first, second, all, of, please, again, now, one, two, three, number, no, on, work, working, for, other, that, this, those, these, failed, queued, blocked, next, previous, pending, with, login, and, then, me, off, stop, pause, cancel',
  ),
);

/** "Good idea", "solid work on the board" */
export const PRAISE: ReadonlySet<string> = new Set(
  listOf(
    'good, great, nice, excellent, awesome, amazing, fantastic, brilliant, superb, solid, lovely, impressive, wonderful, perfect, sweet, neat, cool, outstanding, incredible, beautiful, top',
  ),
);
export const PRAISED: ReadonlySet<string> = new Set(
  listOf(
    'work, job, stuff, catch, effort, progress, idea, one, find, call, thinking, point, news, thing, question, plan, result, results, teamwork, spot, guess',
  ),
);
