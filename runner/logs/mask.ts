import { looksOdd, skeletonsOf, withoutInvisible } from './visible-text.ts';

/** What stands in the log where a secret stood. */
const MASK = '***';
/** Shorter values are not masked: they would turn ordinary text into stars. */
const MIN_SECRET_CHARS = 6;
const MAX_SECRET_CHARS = 4_096;
/** With invisible characters in it, a secret may take this many times its bytes, and some more. */
const SPREAD = 8;
const EXTRA_SPREAD_BYTES = 1_024;
const SPACE = 0x20;

const SECRET_NAME = /(TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL|PRIVATE|API_?KEY|ACCESS_?KEY|AUTH)/i;
const SECRET_VALUE = /^(sk-|ghp_|gho_|ghs_|ghu_|github_pat_|glpat-|xox[abprs]-|AKIA|ASIA|eyJ|ovm_|npm_|pypi-|hf_|AIza)/;

/** Character ranges [from, to), in order, that do not touch. */
export type Ranges = readonly (readonly [from: number, to: number])[];

/** What stands before and after a text where it came from: a secret may be divided by the end of a line. */
export interface Surroundings {
  before: string;
  after: string;
}

export interface Masker {
  /** Replaces every known form of every secret, as far as it is in the text. */
  mask(text: string, around?: Surroundings): string;
  /** Where the text would be masked, for cutting around it. */
  find(text: string): Ranges;
  /** Where a secret stands as it is, in text that is not for reading. */
  findPlain(text: string): Ranges;
  /** Whether a secret may go on behind the end of a line: by the last two bytes before, and the first two behind. */
  mayCross(beforeLast: number, last: number, first: number, second: number): boolean;
  /** Whether a text that goes on ends with what may be the beginning of a secret. */
  mayGoOn(text: string): boolean;
  /** Length in characters of the longest form; 0: there are no secrets. */
  maxChars: number;
  /** Bytes that a secret may take with what is invisible in it. */
  maxBytes: number;
}

/** Values that are taken for secrets: those listed by name, and those whose name or value looks like one. */
export function collectSecrets(
  env: Readonly<Record<string, string | undefined>>,
  secretNames: readonly string[],
  allowedNames: readonly string[],
): string[] {
  const secrets = secretNames.map((name) => env[name]);
  for (const name of allowedNames) {
    const value = env[name];
    if (value !== undefined && (SECRET_NAME.test(name) || SECRET_VALUE.test(value))) secrets.push(value);
  }
  return secrets.filter((value) => value !== undefined);
}

/**
 * Finds secrets in text raw, in base64 (at each of the three alignments, plain and URL-safe), hex, URL-, HTML- and
 * JSON-escaped; as they look to a reader, whatever invisible stands between their characters; and across the ends of
 * lines. Secrets of several lines are masked line by line.
 */
export function createMasker(secrets: readonly string[]): Masker {
  const forms = new Set<string>();
  for (const secret of secrets) {
    for (const part of [secret, ...secret.split(/\r?\n/)]) {
      const value = part.trim();
      if (value.length >= MIN_SECRET_CHARS && value.length <= MAX_SECRET_CHARS)
        for (const form of formsOf(value)) forms.add(form);
    }
  }
  const usable = [...forms]
    .filter((form) => form.length >= MIN_SECRET_CHARS && !form.includes('\n'))
    .sort((a, b) => b.length - a.length);
  if (usable.length === 0)
    return {
      mask: (text) => text,
      find: () => [],
      findPlain: () => [],
      mayCross: () => false,
      mayGoOn: () => false,
      maxChars: 0,
      maxBytes: 0,
    };
  const pattern = new RegExp(usable.map((form) => form.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')).join('|'), 'g');
  const borders = new Borders(usable);
  const maxBytes = (usable[0]?.length ?? 0) * SPREAD + EXTRA_SPREAD_BYTES;

  const findPlain = (text: string): [number, number][] =>
    [...text.matchAll(pattern)].map((match) => [match.index, match.index + match[0].length]);
  const find = (text: string): Ranges => {
    const found = findPlain(text);
    if (!looksOdd(text) && !borders.areIn(text)) return found;
    for (const skeleton of skeletonsOf(text)) {
      for (const [from, to] of findPlain(skeleton.visible))
        found.push([skeleton.from[from] ?? 0, skeleton.to[to - 1] ?? 0]);
    }
    return joined(found);
  };
  return {
    find,
    findPlain,
    mayCross: (beforeLast, last, first, second) => borders.mayCross(beforeLast, last, first, second),
    mayGoOn: (text) => {
      const visible = withoutInvisible(text.slice(-maxBytes));
      return borders.mayGoOn(visible) && usable.some((form) => endsWithStartOf(form, visible));
    },
    maxChars: usable[0]?.length ?? 0,
    maxBytes,
    mask: (text, around) => {
      if (around && (around.before !== '' || around.after !== ''))
        return replaced(text, within(find(around.before + text + around.after), around.before.length, text.length));
      // The common case: one pass over the text.
      return looksOdd(text) || borders.areIn(text) ? replaced(text, find(text)) : text.replace(pattern, MASK);
    },
  };
}

function formsOf(value: string): string[] {
  const bytes = Buffer.from(value, 'utf8');
  const hex = bytes.toString('hex');
  const url = encodeURIComponent(value);
  const json = JSON.stringify(value).slice(1, -1);
  const html = value.replace(
    /[&<>"']/g,
    (character) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[character] ?? '&#39;',
  );
  return [
    value,
    json,
    JSON.stringify(json).slice(1, -1),
    url,
    url.replaceAll('%20', '+'),
    url.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()),
    hex,
    hex.toUpperCase(),
    html,
    ...base64Forms(bytes),
  ];
}

/** The characters of base64 that depend on the secret alone, for each position it can have in a longer text. */
function base64Forms(bytes: Buffer): string[] {
  return [0, 1, 2].flatMap((shift) => {
    const encoded = Buffer.concat([Buffer.alloc(shift), bytes])
      .toString('base64')
      .replace(/=+$/, '');
    // The first and last characters mix in bits of the neighbours.
    const from = Math.ceil((shift * 8) / 6);
    const to = Math.floor(((shift + bytes.length) * 8) / 6);
    const stable = encoded.slice(from, to);
    return [stable, stable.replaceAll('+', '-').replaceAll('/', '_')];
  });
}

/** Which characters stand beside each other in a secret: a look at four of them tells nearly always that none is divided at the end of a line. */
class Borders {
  private readonly pairs = new Uint8Array(65_536);
  private readonly firsts = new Uint8Array(256);
  private readonly lasts = new Uint8Array(256);

  constructor(forms: readonly string[]) {
    for (const form of forms) {
      const bytes = Buffer.from(form);
      for (let index = 1; index < bytes.length; index += 1)
        this.pairs[((bytes[index - 1] ?? 0) << 8) | (bytes[index] ?? 0)] = 1;
      this.firsts[bytes[0] ?? 0] = 1;
      this.lasts[bytes.at(-1) ?? 0] = 1;
    }
  }

  mayCross(beforeLast: number, last: number, first: number, second: number): boolean {
    return (
      this.pairs[(last << 8) | first] === 1 &&
      // A line of one character says nothing by what is beside it.
      (beforeLast <= SPACE || this.pairs[(beforeLast << 8) | last] === 1 || this.firsts[last] === 1) &&
      (second <= SPACE || this.pairs[(first << 8) | second] === 1 || this.lasts[first] === 1)
    );
  }

  /** False for nearly every text. */
  mayGoOn(visible: string): boolean {
    const last = visible.charCodeAt(visible.length - 1);
    const beforeLast = visible.charCodeAt(visible.length - 2);
    if (Number.isNaN(last)) return false;
    // Several bytes each: not told apart here.
    if (last > 127 || beforeLast > 127) return true;
    return this.firsts[last] === 1 || this.pairs[(beforeLast << 8) | last] === 1;
  }

  /** Whether there is the end of a line in a text at which a secret may be divided. */
  areIn(text: string): boolean {
    for (let feed = text.indexOf('\n'); feed !== -1; feed = text.indexOf('\n', feed + 1)) {
      let before = feed - 1;
      while (isBlank(text.charCodeAt(before))) before -= 1;
      let after = feed + 1;
      while (isBlank(text.charCodeAt(after))) after += 1;
      if (before >= 0 && after < text.length && this.mayCrossChars(text, before, after)) return true;
    }
    return false;
  }

  private mayCrossChars(text: string, before: number, after: number): boolean {
    const codes = [
      text.charCodeAt(before - 1),
      text.charCodeAt(before),
      text.charCodeAt(after),
      text.charCodeAt(after + 1),
    ];
    const [beforeLast = 0, last = 0, first = 0, second = 0] = codes.map((code) => (Number.isNaN(code) ? 0 : code));
    // Several bytes each: not told apart here.
    if (last > 127 || first > 127) return true;
    return this.mayCross(beforeLast & 0xff, last, first, second & 0xff);
  }
}

/** Whether a text ends with a part of a secret that begins it, and is not all of it. */
function endsWithStartOf(form: string, text: string): boolean {
  const last = text.charCodeAt(text.length - 1);
  for (let length = Math.min(form.length - 1, text.length); length > 0; length -= 1)
    if (form.charCodeAt(length - 1) === last && text.endsWith(form.slice(0, length))) return true;
  return false;
}

/** A space, a tab, or the return before a line feed. */
function isBlank(code: number): boolean {
  return code === SPACE || code === 0x09 || code === 0x0d;
}

function joined(ranges: [number, number][]): Ranges {
  ranges.sort((a, b) => a[0] - b[0]);
  const result: [number, number][] = [];
  for (const [from, to] of ranges) {
    const last = result.at(-1);
    if (last && from < last[1]) last[1] = Math.max(last[1], to);
    else result.push([from, to]);
  }
  return result;
}

/** The part of the ranges that is in [start, start + length), from there. */
function within(ranges: Ranges, start: number, length: number): Ranges {
  return ranges
    .filter(([from, to]) => to > start && from < start + length)
    .map(([from, to]) => [Math.max(0, from - start), Math.min(length, to - start)] as const);
}

/** The ends of lines that a secret is divided by stay: lines are numbered. */
function replaced(text: string, ranges: Ranges): string {
  let result = '';
  let at = 0;
  for (const [from, to] of ranges) {
    const inside = text.slice(from, to);
    result +=
      text.slice(at, from) +
      (inside.includes('\n') || inside.includes('\r') ? inside.replace(/[^\r\n]+/g, MASK) : MASK);
    at = to;
  }
  return result + text.slice(at);
}
