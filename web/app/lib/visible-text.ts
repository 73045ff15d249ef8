/** @source Unicode UAX #9: the characters that set the direction of a text; and those without any width. */
const HIDDEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g;

/**
 * What a person decides by, with everything in sight: a character that turns the direction of a text around, or shows
 * nothing, could make a command look like another one.
 */
export function visibleText(text: string): string {
  return text.replace(HIDDEN, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
