import type { z } from 'zod';

const KINDS: Record<string, string> = {
  string: 'a text', number: 'a number', int: 'a whole number', boolean: 'true or false', array: 'a list', object: 'an object', record: 'an object', null: 'null', date: 'a time',
};
const FORMATS: Record<string, string> = { uuid: 'a UUID', email: 'an email address', url: 'a URL with a scheme that fits', datetime: 'a time such as 2030-01-31T12:00:00Z' };

/**
 * What is wrong with a value and what to write instead, for `safeParse(value, { error: explainIssue })`. A shape's own
 * words go first; texts are not repeated, since one may be a secret. Undefined: the library's words.
 */
export function explainIssue(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return explainType(issue.expected, issue.input);
    case 'too_small':
      return explainSize(issue.origin, issue.input, 'small', issue.inclusive === false ? `more than ${issue.minimum}` : `${issue.minimum} or more`);
    case 'too_big':
      return explainSize(issue.origin, issue.input, 'big', issue.inclusive === false ? `less than ${issue.maximum}` : `at most ${issue.maximum}`);
    case 'invalid_value':
      return `${issue.input === undefined ? 'This is missing' : 'This is not known'}; write ${oneOf(issue.values)}`;
    case 'invalid_format':
      return FORMATS[issue.format] ? `This does not fit; write ${FORMATS[issue.format]}` : undefined;
    case 'unrecognized_keys':
      return `There is no key ${issue.keys.map((key) => JSON.stringify(key)).join(', ')}; take it out or correct it`;
    default:
      return undefined;
  }
}

function explainType(expected: string, input: unknown): string {
  const wanted = KINDS[expected] ?? expected;
  if (input === undefined) return `This is missing; write ${wanted}`;
  if (typeof input === 'number') return `${input} is not ${wanted}; write ${wanted}`;
  const found = input === null ? 'null' : Array.isArray(input) ? 'a list' : (KINDS[typeof input] ?? typeof input);
  return `This is ${typeof input === 'boolean' ? String(input) : found}; write ${wanted}`;
}

/** @param bound for example `5 or more` */
function explainSize(origin: string, input: unknown, size: 'small' | 'big', bound: string): string {
  if (typeof input === 'number') return `${input} is too ${size}; write a number of ${bound}`;
  if (typeof input === 'string') return input === '' ? 'This is empty; write a text' : `This is too ${size === 'small' ? 'short' : 'long'}; write ${bound} characters, not ${input.length}`;
  if (Array.isArray(input)) return input.length === 0 ? 'This list is empty; write at least one entry' : `This has ${input.length} entries; write ${bound}`;
  return `This ${origin} is too ${size}; write ${bound}`;
}

function oneOf(values: readonly unknown[]): string {
  const words = values.map((value) => JSON.stringify(value));
  return words.length > 1 ? `one of ${words.join(', ')}` : (words[0] ?? 'nothing');
}
