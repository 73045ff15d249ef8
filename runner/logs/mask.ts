/** What stands in the log where a secret stood. */
const MASK = '***';
/** Shorter values are not masked: they would turn ordinary text into stars. */
const MIN_SECRET_CHARS = 6;
const MAX_SECRET_CHARS = 4_096;

const SECRET_NAME = /(TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL|PRIVATE|API_?KEY|ACCESS_?KEY|AUTH)/i;
const SECRET_VALUE = /^(sk-|ghp_|gho_|ghs_|ghu_|github_pat_|glpat-|xox[abprs]-|AKIA|ASIA|eyJ|ovm_|npm_|pypi-|hf_|AIza)/;

export interface Masker {
  /** Replaces every known form of every secret. */
  mask(text: string): string;
  /** Character ranges [from, to) that would be masked, for cutting around them. */
  find(text: string): [from: number, to: number][];
  /** Length in characters of the longest form. */
  maxChars: number;
}

/** Values that are taken for secrets: those listed by name, and those whose name or value looks like one. */
export function collectSecrets(env: Readonly<Record<string, string | undefined>>, secretNames: readonly string[], allowedNames: readonly string[]): string[] {
  const secrets = secretNames.map((name) => env[name]);
  for (const name of allowedNames) {
    const value = env[name];
    if (value !== undefined && (SECRET_NAME.test(name) || SECRET_VALUE.test(value))) secrets.push(value);
  }
  return secrets.filter((value) => value !== undefined);
}

/**
 * Finds secrets in text raw, in base64 (at each of the three alignments, plain and URL-safe), hex, URL- and
 * JSON-escaped. Secrets of several lines are masked line by line.
 */
export function createMasker(secrets: readonly string[]): Masker {
  const forms = new Set<string>();
  for (const secret of secrets) {
    for (const part of [secret, ...secret.split(/\r?\n/)]) {
      const value = part.trim();
      if (value.length >= MIN_SECRET_CHARS && value.length <= MAX_SECRET_CHARS) for (const form of formsOf(value)) forms.add(form);
    }
  }
  const usable = [...forms].filter((form) => form.length >= MIN_SECRET_CHARS && !form.includes('\n')).sort((a, b) => b.length - a.length);
  if (usable.length === 0) return { mask: (text) => text, find: () => [], maxChars: 0 };
  const pattern = new RegExp(usable.map((form) => form.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')).join('|'), 'g');
  return {
    mask: (text) => text.replace(pattern, MASK),
    find: (text) => [...text.matchAll(pattern)].map((match) => [match.index, match.index + match[0].length]),
    maxChars: usable[0]?.length ?? 0,
  };
}

function formsOf(value: string): string[] {
  const bytes = Buffer.from(value, 'utf8');
  const hex = bytes.toString('hex');
  const url = encodeURIComponent(value);
  const json = JSON.stringify(value).slice(1, -1);
  return [value, json, JSON.stringify(json).slice(1, -1), url, url.replaceAll('%20', '+'), url.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()), hex, hex.toUpperCase(), ...base64Forms(bytes)];
}

/** The characters of base64 that depend on the secret alone, for each position it can have in a longer text. */
function base64Forms(bytes: Buffer): string[] {
  return [0, 1, 2].flatMap((shift) => {
    const encoded = Buffer.concat([Buffer.alloc(shift), bytes]).toString('base64').replace(/=+$/, '');
    // The first and last characters mix in bits of the neighbours.
    const from = Math.ceil((shift * 8) / 6);
    const to = Math.floor(((shift + bytes.length) * 8) / 6);
    const stable = encoded.slice(from, to);
    return [stable, stable.replaceAll('+', '-').replaceAll('/', '_')];
  });
}
