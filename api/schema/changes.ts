/** Of a change: what is given, null included. What null means, the command says: it clears, or it is refused by name. */
export function givenFields<T extends object>(input: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}

/** A text or a list that is never null: null empties it, and what is not given stays. */
export function emptyForNull<T, Empty extends T>(value: T | null | undefined, empty: Empty): T | undefined {
  return value === null ? empty : value;
}
