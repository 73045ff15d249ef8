/**
 * What a command's arguments may leave open until the runner starts it.
 *
 * A placeholder is a whole argument (`{model}`), or all that comes after the first `=` of an option (`--model={model}`).
 * Braces anywhere else are the argument's own: JSON, `${x}`, `{a,b}`, a script. `{{word}}` in the place of one is the
 * text `{word}`.
 *
 * Without a value the argument is left out, and the flag right before it as well: an argument that begins with `-`, and is
 * neither `-` nor `--`, nor has a value of its own (`--flag=value`).
 */
export interface PlaceholderValues {
  /** Of the agent's configuration; null: it names none. */
  model: string | null;
  /** A file with the whole prompt, outside of the repository. */
  promptFile: string | null;
  /** The agent's own session that is gone on with; null: it begins anew. */
  session: string | null;
}
export type Placeholder = keyof PlaceholderValues;
const PLACEHOLDERS = ['model', 'promptFile', 'session'] as const satisfies readonly Placeholder[];

const WHOLE = /^(?<option>-[^=]*=)?\{(?<word>[A-Za-z][A-Za-z0-9_]*)\}$/s;
const ESCAPED = /^(-[^=]*=)?\{(\{[A-Za-z][A-Za-z0-9_]*\})\}$/s;

export interface UnknownPlaceholder {
  /** Of the argument in its command. */
  index: number;
  message: string;
}

/** Placeholders of a command that nobody would fill in. */
export function unknownPlaceholders(argv: readonly string[]): UnknownPlaceholder[] {
  return argv.flatMap((argument, index) => {
    const word = index === 0 ? undefined : wordOf(argument);
    if (word === undefined || isKnown(word)) return [];
    const known = PLACEHOLDERS.map((name) => `{${name}}`);
    const message = `There is no placeholder {${word}}; known are ${known.join(', ')}. Write {{${word}}} for the text {${word}} itself`;
    return [{ index, message }];
  });
}

/** Whether a command asks for it. */
export function hasPlaceholder(argv: readonly string[], placeholder: Placeholder): boolean {
  return argv.slice(1).some((argument) => wordOf(argument) === placeholder);
}

/** The command as it is started. Its program is never a placeholder. */
export function fillPlaceholders(argv: readonly string[], values: PlaceholderValues): string[] {
  const [program = '', ...rest] = argv;
  const filled: string[] = [];
  for (const [index, argument] of rest.entries()) {
    const word = wordOf(argument);
    if (word === undefined || !isKnown(word)) {
      filled.push(argument.replace(ESCAPED, '$1$2'));
      continue;
    }
    const value = values[word];
    const option = WHOLE.exec(argument)?.groups?.['option'];
    if (value !== null) filled.push(`${option ?? ''}${value}`);
    else if (option === undefined && isFlag(rest[index - 1])) filled.pop();
  }
  return [program, ...filled];
}

function wordOf(argument: string): string | undefined {
  return WHOLE.exec(argument)?.groups?.['word'];
}

function isKnown(word: string): word is Placeholder {
  return (PLACEHOLDERS as readonly string[]).includes(word);
}

function isFlag(argument: string | undefined): boolean {
  return argument !== undefined && /^--?[^-=][^=]*$/.test(argument);
}
