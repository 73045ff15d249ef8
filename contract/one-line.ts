/** Not NUL: no text with that can be stored, and it is refused. */
const BREAKS_AND_CONTROLS = /[\u0001-\u001f\u007f-\u009f\u2028\u2029]+/g;
/** What turns round the text beside it. Marks that only say how a neighbour is read stay: Arabic and Hebrew need them. */
const DIRECTION_CONTROLS = /[\u202a-\u202e\u2066-\u2069]/g;

/**
 * A text as it stands in a list, a terminal or a document among others: in one line, and without what would change how
 * those are read. @source Unicode UAX #9, explicit directional embedding, override and isolate characters
 */
export function oneLine(text: string): string {
  return text.replace(BREAKS_AND_CONTROLS, ' ').replace(DIRECTION_CONTROLS, '');
}
