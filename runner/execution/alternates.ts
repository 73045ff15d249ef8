/**
 * The folders that an `objects/info/alternates` names, exactly as Git reads them: another reading would hold other
 * folders against the policy than those that Git then opens.
 * @source Git's object-file.c, parse_alt_odb_entry, and quote.c, unquote_c_style
 */
export function parseAlternates(file: Buffer): Buffer[] {
  // One character a byte, and as far as a string of C goes.
  const [text = ''] = file.toString('latin1').split('\0', 1);
  const entries: string[] = [];
  for (let at = 0; at < text.length;) {
    QUOTED.lastIndex = at;
    const quoted = QUOTED.exec(text);
    const newline = text.indexOf('\n', at);
    const end = quoted ? QUOTED.lastIndex : newline === -1 ? text.length : newline;
    if (quoted) entries.push(unescape(quoted[1] ?? ''));
    else if (text[at] !== '#') entries.push(text.slice(at, end));
    // Whatever stands there: after a closing quote it need not be the end of the line, and what follows is the next folder.
    at = end + 1;
  }
  return entries.filter((entry) => entry !== '').map((entry) => Buffer.from(entry, 'latin1'));
}

/** A name as C writes it, over several lines if it likes. What begins so and is none stands for itself. */
const QUOTED = /"((?:[^"\\]|\\(?:[abfnrtv\\"]|[0-3][0-7]{2}))*)"/y;
const ESCAPES: Readonly<Record<string, string>> = { a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' };

function unescape(quoted: string): string {
  return quoted.replace(/\\([0-7]{3}|.)/g, (_all, code: string) =>
    code.length === 3 ? String.fromCharCode(Number.parseInt(code, 8)) : (ESCAPES[code] ?? code),
  );
}
