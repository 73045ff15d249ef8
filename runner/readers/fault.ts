import type { Event, Fault } from './reading.ts';
import { objectOf } from './reading.ts';
import { resetTimeIn, timeOfNumber } from './reset-time.ts';

/** How deep an error may hold another, as text or as an object. */
const MAX_DEPTH = 6;
const STATUS_KEYS = new Set([
  'status',
  'statuscode',
  'httpstatus',
  'httpstatuscode',
  'errorstatus',
  'apierrorstatus',
  'code',
]);
const CODE_KEYS = new Set([
  'type',
  'code',
  'name',
  'reason',
  'status',
  'error',
  'errorcode',
  'errortype',
  'apierrortype',
  'codexerrorinfo',
  'category',
  'finishreason',
  'stopreason',
]);
const TIME_KEYS = new Set([
  'resetsat',
  'resetat',
  'resettime',
  'resetsinseconds',
  'retryafter',
  'retryafterseconds',
  'retrydelay',
  'retryinfo',
  'xratelimitreset',
]);
const WORD_KEYS = new Set(['message', 'detail', 'error', 'result', 'output']);
/** Of no use, or long: what was asked, and where. */
const SKIPPED_KEYS = new Set([
  'url',
  'stack',
  'uuid',
  'sessionid',
  'usage',
  'stats',
  'metadata',
  'modelusage',
  'headers',
]);

/**
 * What a value says of an error, wherever in it: versions and providers put the status, the code and the time in
 * different places, and some put a whole answer in JSON into the message.
 */
export function faultOf(value: unknown, now: Date): Fault {
  const fault: Fault = { status: null, codes: [], words: '', resetsAt: null };
  collect(fault, value, now, 0);
  fault.resetsAt ??= resetTimeIn(fault.words, now);
  return fault;
}

function collect(fault: Fault, value: unknown, now: Date, depth: number): void {
  if (depth > MAX_DEPTH) return;
  if (typeof value === 'string') return collectText(fault, value, now, depth);
  if (Array.isArray(value)) {
    for (const one of value) if (typeof one === 'object') collect(fault, one, now, depth + 1);
    return;
  }
  const entries = Object.entries(objectOf(value));
  for (const [name, held] of entries) {
    const key = name.toLowerCase().replace(/[^a-z]/g, '');
    if (SKIPPED_KEYS.has(key)) continue;
    if (TIME_KEYS.has(key)) fault.resetsAt ??= timeOf(held, now);
    if (typeof held === 'number' && STATUS_KEYS.has(key) && held >= 400 && held < 600) fault.status ??= held;
    if (typeof held === 'string' && CODE_KEYS.has(key) && /^[\w.-]{2,60}$/.test(held)) addCode(fault, held);
    if (typeof held === 'string' && WORD_KEYS.has(key)) collectText(fault, held, now, depth + 1);
    else if (typeof held === 'object' || key === 'responsebody') collect(fault, held, now, depth + 1);
  }
}

/** Words; when they hold an answer in JSON, what that says counts as well. */
function collectText(fault: Fault, text: string, now: Date, depth: number): void {
  const inner = parsed(text);
  if (inner) collect(fault, inner, now, depth + 1);
  else if (fault.words === '' || depth === 0) fault.words = text.trim();
  else if (!fault.words.includes(text.trim())) fault.words += ` ${text.trim()}`;
}

function addCode(fault: Fault, code: string): void {
  if (/^[45]\d\d$/.test(code)) fault.status ??= Number(code);
  else if (!fault.codes.includes(code)) fault.codes.push(code);
}

function timeOf(value: unknown, now: Date): Date | null {
  if (typeof value !== 'string') return timeOfNumber(value, now);
  const seconds = /^(\d+(?:\.\d+)?)s$/.exec(value)?.[1];
  return timeOfNumber(seconds ?? value, now) ?? resetTimeIn(value, now);
}

function parsed(text: string): Event | null {
  const from = text.indexOf('{');
  const to = text.lastIndexOf('}');
  if (from === -1 || to <= from) return null;
  try {
    const value: unknown = JSON.parse(text.slice(from, to + 1));
    return typeof value === 'object' && value !== null && Object.keys(value).length > 0 ? (value as Event) : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
