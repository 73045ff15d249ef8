/** Words as they sound: spelled numbers and "log in" are no errors of hearing. */
function words(text: string): string[] {
  return text
    .toLowerCase()
    .replace(/[^a-z0-9' ]+/g, ' ')
    .replace(/\blog in\b/g, 'login')
    .replace(/\b1\b/g, 'one')
    .replace(/\b2\b/g, 'two')
    .split(/\s+/)
    .filter(Boolean);
}

/** How many words have to be changed, left out or put in to get from what was heard to what was said, and how many were said. */
export function wordErrors(said: string, heard: string): { errors: number; words: number } {
  const target = words(said);
  const found = words(heard);
  let before = Array.from({ length: found.length + 1 }, (_, column) => column);
  for (const [row, word] of target.entries()) {
    const line = [row + 1];
    for (const [column, other] of found.entries())
      line.push(
        Math.min(
          (before[column + 1] ?? 0) + 1,
          (line[column] ?? 0) + 1,
          (before[column] ?? 0) + (word === other ? 0 : 1),
        ),
      );
    before = line;
  }
  return { errors: before.at(-1) ?? 0, words: target.length };
}
