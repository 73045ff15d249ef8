import { hasFileExtension, looksLikePath, isNamedFile, withoutPosition } from './path-shapes.ts';
import type { Token } from './token.ts';

/** The files and folders that a text names, in order, each once; line numbers are cut off. */
export function pathsIn(tokens: readonly Token[]): string[] {
  const paths = new Set<string>();
  for (const token of tokens) {
    if (token.kind === 'path') paths.add(withoutPosition(token.text));
    // Only code and quotes can hold a file name with spaces: "`My report.md`"
    else if ((token.kind === 'code' || token.kind === 'quote') && isPathLiteral(token.text))
      paths.add(withoutPosition(token.text));
  }
  return [...paths];
}

function isPathLiteral(text: string): boolean {
  if (text.length > 200 || /[\n;{}<>|"'=]|\s-|\(\)$/.test(text)) return false;
  const words = text.split(' ');
  if (words.length === 1) return looksLikePath(text) || isNamedFile(text);
  const isCommand =
    words.length > 1 &&
    /^(?:npm|npx|git|cd|cat|node|make|docker|yarn|pnpm|python3?|sh|bash|curl|rm|go|cargo|tsx|vitest|pytest)$/.test(
      words[0] ?? '',
    );
  return !isCommand && words.length <= 8 && hasFileExtension(withoutPosition(text)) && !/[.!?]\s/.test(text);
}
