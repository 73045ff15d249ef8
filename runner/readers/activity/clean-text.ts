import { cutStart, cutText } from '#contract/cut-text.ts';
import type { Masker, Surroundings } from '../../logs/mask.ts';

const CUT_MARK = '…';
/** Looked at beyond a cut, so that it does not fall into a character. */
const CHARACTER_CHARS = 128;

/** Makes what an agent says fit to leave this machine: secrets are masked before anything is cut, and all of it can be stored. */
export class TextCleaner {
  constructor(readonly masker: Masker) {}

  /** @param around what a secret may go on in */
  whole(text: string, around?: Surroundings): string {
    return storable(this.masker.mask(text, around));
  }

  /** The start of a text. Of a long one, no more is looked at than is kept. */
  start(text: string, maxChars: number): string {
    const looked = this.looked(maxChars);
    if (text.length <= looked) {
      const clean = this.whole(text);
      return clean.length <= maxChars ? clean : ownText(cutText(clean, maxChars, CUT_MARK));
    }
    const head = this.whole(text.slice(0, looked), { before: '', after: text.slice(looked, looked + this.reach) });
    return ownText(cutText(head + CUT_MARK, maxChars, CUT_MARK));
  }

  /** The start and the end of a text: of what a command prints, the end tells most. */
  ends(text: string, maxChars: number): string {
    const halfChars = Math.floor((maxChars - CUT_MARK.length) / 2);
    const looked = this.looked(halfChars);
    if (text.length <= looked * 2) {
      const clean = this.whole(text);
      if (clean.length <= maxChars) return clean;
      return ownText(cutText(clean, halfChars) + CUT_MARK + cutStart(clean, halfChars));
    }
    const from = text.length - looked;
    const tail = this.whole(text.slice(from), { before: text.slice(from - this.reach, from), after: '' });
    return ownText(this.start(text, halfChars + CUT_MARK.length) + cutStart(tail, halfChars));
  }

  private looked(maxChars: number): number {
    return maxChars + CHARACTER_CHARS + this.reach;
  }

  /** How far a secret may reach over a cut. */
  private get reach(): number {
    return this.masker.maxBytes;
  }
}

/** PostgreSQL keeps neither NUL nor half a character. */
function storable(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\uFFFD');
}

/** A part of a long text keeps all of it in memory until it is copied. */
function ownText(text: string): string {
  return Buffer.from(text).toString();
}
