import Anser from 'anser';

/** A stretch of a line in one look. Text only: nothing a program prints becomes markup, a link or a command. */
export interface LogToken {
  text: string;
  className: string;
  /** A colour beyond the sixteen, mixed with the text colour so that it stays readable in both themes. */
  color?: string;
}

const OSC = /\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\|$)/g;
const STRINGS = /\u001b[PX^_][\s\S]*?(?:\u001b\\|$)/g;
const CSI_BUT_COLOUR = /\u001b\[[0-?]*[ -/]*[@-ln-~]/g;
const ODD_COLOUR = /\u001b\[[^0-9;m][0-?]*[ -/]*m/g;
const TWO_BYTES = /\u001b(?![[])[ -/]*[0-~]?/g;
const CONTROLS = /[\u0000-\u0008\u000b-\u001a\u001c-\u001f\u007f-\u009f]/g;
const COLOUR = /\u001b\[[0-9;]*m/g;
const ANY_ESCAPE = /\u001b/;
/** Characters that reorder the text around them: a line must not read as something else than it says. */
const REORDERING = /[\u202a-\u202e\u2066-\u2069\u200e\u200f]/g;
const REPLACEMENT = '\ufffd';

/** What a terminal would show of a line, colours still in it: the text after the last carriage return, nothing else that moves or commands. */
export function cleanLine(message: string): string {
  let text = message;
  if (ANY_ESCAPE.test(text)) {
    text = text
      .replace(OSC, '')
      .replace(STRINGS, '')
      .replace(CSI_BUT_COLOUR, '')
      .replace(ODD_COLOUR, '')
      .replace(TWO_BYTES, '');
  }
  const lastReturn = text.replace(/\r+$/, '').lastIndexOf('\r');
  return text
    .slice(lastReturn + 1)
    .replace(CONTROLS, '')
    .replace(REORDERING, REPLACEMENT);
}

/** The bare text of a line, for searching and copying. */
export function plainLine(message: string): string {
  const text = cleanLine(message);
  return ANY_ESCAPE.test(text) ? text.replace(COLOUR, '').replaceAll('\u001b', '') : text;
}

/** The same for a text of several lines. */
export function plainText(text: string): string {
  return text.split(/\r?\n/).map(plainLine).join('\n');
}

/** Splits a line by its colours (SGR only). */
export function tokenizeLine(message: string): LogToken[] {
  const text = cleanLine(message);
  if (!ANY_ESCAPE.test(text)) return [{ text, className: '' }];
  return Anser.ansiToJson(text, { json: true, use_classes: true, remove_empty: true }).map((chunk) => {
    const classes = [
      colourClass('text', chunk.fg),
      colourClass('bg', chunk.bg),
      ...(chunk.decorations ?? []).map(decorationClass),
    ];
    const color = chunk.fg === 'ansi-truecolor' ? chunk.fg_truecolor : paletteColour(chunk.fg);
    return {
      // What is left of a broken sequence is not shown as a box.
      text: chunk.content.replaceAll('\u001b', ''),
      className: classes.filter(Boolean).join(' '),
      ...(color ? { color: `color-mix(in oklab, rgb(${color}) 72%, var(--color-fg))` } : {}),
    };
  });
}

const NAMES = ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white'] as const;

/** Every class by its whole name, so that the style sheet has them. */
const TEXT_CLASSES: Record<string, string> = {
  black: 'text-ansi-black',
  red: 'text-ansi-red',
  green: 'text-ansi-green',
  yellow: 'text-ansi-yellow',
  blue: 'text-ansi-blue',
  magenta: 'text-ansi-magenta',
  cyan: 'text-ansi-cyan',
  white: 'text-ansi-white',
  'bright-black': 'text-ansi-bright-black',
  'bright-red': 'text-ansi-bright-red',
  'bright-green': 'text-ansi-bright-green',
  'bright-yellow': 'text-ansi-bright-yellow',
  'bright-blue': 'text-ansi-bright-blue',
  'bright-magenta': 'text-ansi-bright-magenta',
  'bright-cyan': 'text-ansi-bright-cyan',
  'bright-white': 'text-ansi-bright-white',
};
/** A background is a tint, so that any text colour stays readable on it. */
const BG_CLASSES: Record<string, string> = {
  black: 'bg-ansi-black/20',
  red: 'bg-ansi-red/25',
  green: 'bg-ansi-green/25',
  yellow: 'bg-ansi-yellow/25',
  blue: 'bg-ansi-blue/25',
  magenta: 'bg-ansi-magenta/25',
  cyan: 'bg-ansi-cyan/25',
  white: 'bg-ansi-white/20',
};

function colourClass(kind: 'text' | 'bg', ansi: string | null): string {
  const name = ansi?.replace(/^ansi-/, '') ?? '';
  return (kind === 'text' ? TEXT_CLASSES[name] : BG_CLASSES[name.replace('bright-', '')]) ?? '';
}

function decorationClass(decoration: string): string {
  const classes: Record<string, string> = {
    bold: 'font-bold',
    dim: 'opacity-75',
    italic: 'italic',
    underline: 'underline',
    strikethrough: 'line-through',
    hidden: 'opacity-0',
    reverse: 'bg-active',
  };
  return classes[decoration] ?? '';
}

/** Colours 16 to 255 of the xterm palette as "r, g, b". */
function paletteColour(ansi: string | null): string | null {
  const index = Number(/^ansi-palette-(\d+)$/.exec(ansi ?? '')?.[1] ?? Number.NaN);
  if (Number.isNaN(index) || index < NAMES.length * 2) return null;
  if (index >= 232) {
    const grey = 8 + (index - 232) * 10;
    return `${grey}, ${grey}, ${grey}`;
  }
  const step = (n: number): number => (n === 0 ? 0 : 55 + n * 40);
  const cube = index - 16;
  return [Math.floor(cube / 36), Math.floor(cube / 6) % 6, cube % 6].map(step).join(', ');
}
