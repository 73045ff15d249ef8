import type { z } from 'zod';

const KINDS: Record<string, string> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
  null: 'null',
  date: 'a time',
};
const FORMATS: Record<string, string> = {
  uuid: 'a UUID',
  email: 'an email address',
  url: 'a URL with a scheme that fits',
  datetime: 'a time such as 2030-01-31T12:00:00Z',
};

/**
 * What is wrong with a value and what to write instead, for `safeParse(value, { error: explainIssue })`. A shape's own
 * words go first; texts are not repeated, since one may be a secret. Undefined: the library's words.
 */
export function explainIssue(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return explainType(issue.expected, issue.input);
    case 'too_small':
      return explainSize(
        issue,
        'small',
        Number(issue.minimum),
        issue.exact
          ? `exactly ${issue.minimum}`
          : issue.inclusive === false
            ? `more than ${issue.minimum}`
            : `${issue.minimum} or more`,
      );
    case 'too_big':
      return explainSize(
        issue,
        'big',
        Number(issue.maximum),
        issue.exact
          ? `exactly ${issue.maximum}`
          : issue.inclusive === false
            ? `less than ${issue.maximum}`
            : `at most ${issue.maximum}`,
      );
    case 'invalid_value':
      return `${issue.input === undefined ? 'This is missing' : 'This is not known'}; write ${oneOf(issue.values)}`;
    case 'invalid_format':
      return FORMATS[issue.format] ? `This does not fit; write ${FORMATS[issue.format]}` : undefined;
    case 'invalid_key':
      return `The key ${JSON.stringify(issue.input)} does not fit: ${issue.issues[0]?.message ?? 'write another'}`;
    case 'unrecognized_keys':
      return `There is no key ${issue.keys.map((key) => JSON.stringify(key)).join(', ')}; take it out or correct it`;
    default:
      return undefined;
  }
}

function explainType(expected: string, input: unknown): string {
  const wanted = KINDS[expected] ?? expected;
  if (input === undefined) return `This is missing; write ${wanted}`;
  // What a text or a division made of itself: neither was written by anybody.
  if (Number.isNaN(input) || input instanceof Date) return `This is not ${wanted}; write ${wanted}`;
  if (input === Infinity || input === -Infinity) return `This is not a finite number; write ${wanted}`;
  if (typeof input === 'number') return `${input} is not ${wanted}; write ${wanted}`;
  const found = input === null ? 'null' : Array.isArray(input) ? 'a list' : (KINDS[typeof input] ?? typeof input);
  return `This is ${typeof input === 'boolean' ? String(input) : found}; write ${wanted}`;
}

interface Sized {
  origin: string;
  input?: unknown;
}

/** @param bound for example `5 or more`, of the limit 5 */
function explainSize({ origin, input }: Sized, size: 'small' | 'big', limit: number, bound: string): string {
  if (typeof input === 'number') return `${input} is too ${size}; write a number of ${bound}`;
  if (typeof input === 'string') {
    const wanted = `${bound} ${limit === 1 ? 'character' : 'characters'}`;
    if (input === '') return `This is empty; write ${bound === '1 or more' ? 'a text' : wanted}`;
    return `This is too ${size === 'small' ? 'short' : 'long'}; write ${wanted}, not ${input.length}`;
  }
  const count = Array.isArray(input) ? input.length : input instanceof Set || input instanceof Map ? input.size : null;
  if (count === null) return `This ${origin} is too ${size}; write ${bound}`;
  if (count === 0)
    return `This list is empty; write ${bound === '1 or more' ? 'at least one entry' : `${bound} ${limit === 1 ? 'entry' : 'entries'}`}`;
  return `This has ${count} ${count === 1 ? 'entry' : 'entries'}; write ${bound}`;
}

function oneOf(values: readonly unknown[]): string {
  const words = values.map((value) => JSON.stringify(value));
  return words.length > 1 ? `one of ${words.join(', ')}` : (words[0] ?? 'nothing');
}
