import { listOf, phraseSet } from '../phrases.ts';

/**
 * Verbs in the form of an instruction. Those in the first list are never nouns in this trade;
 * those in the second may be ("filter bar", "save button"), so they begin an ask in the middle
 * of a sentence only in front of a determiner or a literal.
 */
const PLAIN_VERBS = listOf(`
  add, allow, analyse, analyze, apply, append, assess, assert, avoid, bring, brainstorm, bump, change, clarify, clean, collapse, combine, compare, compress,
  compute, configure, connect, containerise, containerize, convert, correct, create, debug, define, delete, deploy, deprecate, describe, detect,
  determine, diagnose, disable, double, halve, dockerise, dockerize, download, draw, drop, eliminate, enable, enforce, enhance, ensure, establish, evaluate, examine,
  exclude, expand, explain, explore, expose, extend, extract, figure, find, fix, gather, generate, get, give, handle, harden, hide, highlight, hook,
  identify, implement, improve, include, increase, inject, insert, inspect, install, integrate, introduce, invalidate, invert, investigate, keep, let,
  localise, localize, lower, maintain, make, migrate, minify, modernise, modernize, modify, move, normalise, normalize, notify, optimise, optimize, organise, organize,
  paginate, parse, patch, perform, persist, polish, prepare, prevent, propose, proofread, protect, provide, provision, publish, put, raise, read, rebase, rebuild,
  recommend, redesign, redeploy, redirect, redo, reduce, refactor, refine, regenerate, register, reject, remove, rename, render, reorder, reorganise, reorganize, repair, rephrase,
  replace, reproduce, rerun, resolve, restore, restrict, restructure, reuse, revert, rewrite, reword, rotate, run, sanitise, sanitize, scaffold, secure, serve, serialize, set,
  shorten, shrink, simplify, speed, spin, split, standardise, standardize, stop, store, strip, suggest, summarise, summarize, support, suppress, swap, switch,
  take, teach, tell, throttle, tidy, tighten, translate, truncate, turn, tweak, unify, uninstall, unbreak, update, upgrade, use, validate, verify, visualise, visualize,
  wire, write, catch, choose, check, ask, begin, start, convince, cover, crop, cut, decide, decrease, drag, encrypt, escape, fetch, fill, flag, force, help, hash,
  look, learn, know, leave, limit, link, list, load, lock, log, mark, match, merge, migrate, mock, open, order, override, pause, pick, pin, play, prefill,
  print, propagate, pull, push, reopen, reply, respect, respond, return, retry, scale, scan, send, show, skip, sort, square, stub, style, submit, sync, think, try,
  unblock, undo, unlock, unpin, wrap, work, go, dig, research, adapt, adjust, address, roll, double-check, double check, walk, spike, estimate, count, measure, port,
  sort, reset, trim, warn, bundle, archive, restart, rate-limit, lint, audit, calculate, cap, throw, treat, tune, trace, transform, mention, draft, outline, sketch, paint, rip, scrap, cherry-pick, backport, memoize, memoise, chunk, embed, attach, detach, assign, invite, annotate, collect, condense, consolidate, construct, craft, customize, customise, decouple, dedupe, deduplicate, derive, discard, dismiss, distinguish, ease, elaborate, emit, expire, extend,
  externalize, finalize, finalise, flatten, flush, forbid, forward, guard, hardcode, hoist, illustrate, indent, inform, inline, instrument, isolate, join, mute, nest, omit, overhaul, paste, permit, precompute, preload, prerender, prioritize, prioritise, prune, purge, randomize, rearrange, recalculate, reconcile, reconnect, recreate, recover, redact, reformat, reimplement, reindex, relax, relocate, reposition, require, reroute, resize, reshape, retain,
  retire, retrieve, scrape, select, separate, slim, smooth, specify, stabilise, stabilize, substitute, terminate, tint, underline, unhide, unlink, untangle, wait, whitelist, allowlist, widen, wipe, zip, darken, lighten, enlarge, spellcheck, spell-check, memorize, dump, relabel, silence, hunt, inquire, prove, demonstrate, onboard, shorten, retarget, unskip, rebrand, restyle, repaint, recolour, recolor, retest, solve, trigger, finish, complete, ship`);

const NOUN_LIKE_VERBS = listOf(`
  align, back, benchmark, block, build, cache, cancel, center, centre, check, clear, close, comment, copy, cover, count, debounce, design, display, document, download, edit, empty,
  export, filter, format, group, help, host, import, index, label, limit, link, lint, list, load, lock, log, look, map, mark, match, measure, merge, mock, monitor, name,
  open, order, pause, pin, plan, play, print, profile, prototype, pull, push, query, rank, rate, record, release, report, request, reset, restart, retry, return, review, rework,
  route, sample, save, scale, scan, schedule, score, scroll, search, show, sort, stage, start, stop, store, style, submit, support, switch, sync, tag, test, time, toggle,
  trace, track, trigger, undo, update, upload, view, vote, watch, wrap, work, zoom, change, patch, use, set, read, run, drag, drop, cut, fill, flag, hash, research, audit, spike,
  estimate, port, trim, bundle, archive, cap, address, walk, try, ship, go, move, take, touch, pick, send, answer, respond, make-over, dial, bind, balance, batch, template, type, version, preview, prefix, snapshot, mirror, quote, structure, segment, seed, signal, alert, colour, color, transition, round, space, stream, place, pool, pipe, surface, join, group, outline, draft, sketch, forward, guard, dump, screenshot`);

export const VERBS: ReadonlySet<string> = new Set([...PLAIN_VERBS, ...NOUN_LIKE_VERBS]);
export const AMBIGUOUS_VERBS: ReadonlySet<string> = new Set(NOUN_LIKE_VERBS);

/** Verbs of two words whose first is none by itself. */
export const VERB_PAIRS = phraseSet(
  'sanity check, smoke test, load test, stress test, unit test, e2e test, end-to-end test, spell check, double check, cross check, fact check, fact-check, cross-check, sanity-check, smoke-test, load-test, stress-test, pen test, code review, dry run, set up',
);

/** What these do is repair something that is there. */
export const FIX_VERBS: ReadonlySet<string> = new Set(
  listOf(
    'fix, repair, unbreak, correct, resolve, solve, debug, patch, stop, prevent, unblock, handle, restore, address, revert, undo, silence, unskip, skip',
  ),
);

/** What these change is a value of something that is there: said behind a statement about it, they are its remedy. */
export const ADJUSTING_VERBS: ReadonlySet<string> = new Set(
  listOf(
    'raise, increase, bump, lower, decrease, reduce, double, halve, extend, lengthen, shorten, renew, rotate, restart, limit, cap, enlarge, shrink, tune, adjust, throttle, relax, tighten, widen, speed, slim',
  ),
);

/** Belong to how an agent's work is handed over, which a run does anyway; never an ask of their own. */
export const HAND_OVER = listOf(`
  commit, push, open a pr, open a pull request, create a pr, create a pull request, make a pr, make a pull request, open an mr, send a pr, raise a pr, submit a pr,
  commit it, commit that, push it, merge it, let me know, tell me when, tell me if, tell me once, report back, ping me, keep me posted, keep me updated, get back to me, notify me when,
  ask me, show me the diff, show me the result, show me when, come back to me, call me when, remind me, wait for me, take your time, do it, do that, do this, do so, do them`);

/** What is demanded of the result rather than asked for beside it. */
export const DEMAND_VERBS = listOf(`
  make sure, ensure, keep, be sure, use, avoid, leave, do not, don't, dont, never, without, be careful, mind, stick to, respect, take care, follow, remember, preserve, be, maintain`);

/** Also when they stand alone: a demand without anything it could belong to. */
export const PROHIBITIONS: ReadonlySet<string> = new Set(["don't", 'dont']);

/** `adding` → `add`; null when the word is not the -ing form of a known verb. */
export function verbOfGerund(word: string): string | null {
  if (!word.endsWith('ing') || word.length < 5) return null;
  const stem = word.slice(0, -3);
  const candidates = [stem, `${stem}e`, stem.slice(0, -1)];
  return candidates.find((candidate) => VERBS.has(candidate)) ?? null;
}
