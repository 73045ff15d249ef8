import type { TextCleaner } from './clean-text.ts';

/** A line that does not end is let out in stretches of so many characters. */
const MAX_GATHERED_CHARS = 400;
/** What may be the beginning of a secret waits for its end, but not for ever. */
const MAX_WAITING_CHARS = 16_000;

/**
 * A text that comes in pieces. What is let out together depends on the pieces alone, never on when they come: whole
 * lines, or long stretches of one.
 */
export class GatheredText {
  private text = '';
  /** What was let out before, where a secret may be divided by that. */
  private before = '';

  constructor(private readonly cleaner: TextCleaner) {}

  /** @returns what is let out by now, masked; null: nothing yet */
  add(piece: string): string | null {
    this.text += piece;
    const end = this.endOfLines();
    const { masker } = this.cleaner;
    if (end === 0 || this.text.slice(0, end).trim() === '') return null;
    if (!masker.mayGoOn(this.text.slice(0, end))) return this.letOut(end, 0);
    const longEnough = this.text.length - masker.maxBytes;
    return longEnough < MAX_WAITING_CHARS ? null : this.letOut(longEnough, masker.maxBytes);
  }

  /** @returns what is left, masked; null: nothing to be seen */
  end(): string | null {
    const rest = this.letOut(this.text.length, 0);
    return rest.trim() === '' ? null : rest;
  }

  private endOfLines(): number {
    const { text } = this;
    const end = text.lastIndexOf('\n') + 1;
    if (text.length - end < MAX_GATHERED_CHARS) return end;
    const isInCharacter = (text.charCodeAt(text.length - 1) & 0xfc00) === 0xd800;
    return isInCharacter ? text.length - 1 : text.length;
  }

  /** @param reach how far a secret may go on behind it */
  private letOut(end: number, reach: number): string {
    const out = this.text.slice(0, end);
    this.text = this.text.slice(end);
    const clean = this.cleaner.whole(out, { before: this.before, after: this.text.slice(0, reach) });
    this.before = reach === 0 ? '' : out.slice(-reach);
    return clean;
  }
}
