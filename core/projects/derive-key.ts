import { cutText } from '#contract/cut-text.ts';
import { MAX_PROJECT_KEY_CHARS } from '#contract/short-ids.ts';

const WORD_CHARS = 4;
const MAX_INITIALS = 5;
/** For a name in a script whose letters we can not spell. */
const KEY_OF_UNSPELT = 'PRJ';

/** Letters that stand for others, and have no marks that could be taken off. */
const SPELLINGS: Readonly<Record<string, string>> = {
  ...{ Æ: 'AE', Œ: 'OE', Ø: 'O', Ł: 'L', Đ: 'D', Ð: 'D', Þ: 'TH', Ŋ: 'N', Ħ: 'H', Ŧ: 'T' },
  ...lettersOf('АБВГДЕЖЗИКЛМНОПРСТУФЫЭІ', 'ABVGDEZZIKLMNOPRSTUFYEI'),
  ...{ Х: 'H', Ц: 'TS', Ч: 'CH', Ш: 'SH', Щ: 'SCH', Ю: 'YU', Я: 'YA', Є: 'E', Ґ: 'G', Ъ: '', Ь: '' },
  ...lettersOf('ΑΒΓΔΕΖΗΙΚΛΜΝΞΟΠΡΣΤΥΦΩ', 'AVGDEZIIKLMNXOPRSTYFO'),
  ...{ Θ: 'TH', Χ: 'CH', Ψ: 'PS' },
};

/** A key for a project of this name: the start of its one word, or the initials of several. */
export function deriveProjectKey(name: string): string {
  const words = spell(name).match(/[A-Z0-9]+/g) ?? [];
  const first = words.findIndex((word) => /[A-Z]/.test(word));
  const named = first < 0 ? [] : words.slice(first).map((word, i) => (i === 0 ? word.replace(/^[0-9]+/, '') : word));
  const key =
    named.length > 1
      ? named
          .slice(0, MAX_INITIALS)
          .map((word) => word.charAt(0))
          .join('')
      : cutText(named[0] ?? '', WORD_CHARS);
  return key.length > 1 ? key : KEY_OF_UNSPELT;
}

/** The n-th choice, from 1, where those before it are taken. */
export function numberedKey(base: string, n: number): string {
  if (n === 1) return base;
  return `${cutText(base, MAX_PROJECT_KEY_CHARS - String(n).length)}${n}`;
}

/** A name in capitals from A to Z, as far as they can be found. */
function spell(name: string): string {
  const plain = name.normalize('NFKD').replace(/[\p{Mark}'’]/gu, '');
  return [...plain.toUpperCase()].map((letter) => SPELLINGS[letter] ?? letter).join('');
}

function lettersOf(from: string, to: string): Record<string, string> {
  return Object.fromEntries([...from].map((letter, i) => [letter, to.charAt(i)]));
}
