/**
 * word: a word or number; path, url, code (`…`), quote ("…"), colour (#0066ff): literals that are never taken apart;
 * punct: one mark; symbol: emoji and other signs without meaning to the rules.
 */
export type TokenKind = 'word' | 'path' | 'url' | 'code' | 'quote' | 'colour' | 'punct' | 'symbol';

export interface Token {
  kind: TokenKind;
  /** As written, without the marks around a quote or code. */
  text: string;
  /** For comparing with the vocabularies: lower case, straight apostrophes, common slips of typing corrected. */
  lower: string;
  /** Where the token stands in the text, marks included. */
  start: number;
  end: number;
}

/** A token that can name something: anything but marks and emoji. */
export function isNaming(token: Token | undefined): token is Token {
  return token !== undefined && token.kind !== 'punct' && token.kind !== 'symbol';
}

export function isPunct(token: Token | undefined, marks: string): boolean {
  return token?.kind === 'punct' && marks.includes(token.text);
}
