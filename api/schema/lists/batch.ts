import type { GraphQLResolveInfo } from 'graphql';

const open = new WeakMap<object, Map<string, unknown[]>>();

/**
 * Collects what the resolvers of one level ask for, and asks once: all items that come before the event loop turns.
 * @param key what is asked for: items with the same key are one batch of their request
 * @param run is called once, with every item of the batch
 */
function joinBatch<Item>(context: object, key: string, item: Item, run: (items: Item[]) => void): void {
  const batches = open.get(context) ?? new Map<string, unknown[]>();
  open.set(context, batches);
  const batch = batches.get(key);
  if (batch) {
    batch.push(item);
    return;
  }
  const items = [item];
  batches.set(key, items);
  // Resolvers that come after promises that are settled already still join.
  void Promise.resolve().then(() =>
    process.nextTick(() => {
      batches.delete(key);
      run(items);
    }),
  );
}

/** The same for one value an item. @param load answers for each item, in their order */
export function loadInBatch<Item, Value>(
  context: object,
  key: string,
  item: Item,
  load: (items: Item[]) => Promise<Value[]>,
): Promise<Value> {
  return new Promise<Value>((resolve, reject) => {
    joinBatch<{ item: Item; resolve(value: Value): void; reject(error: unknown): void }>(
      context,
      key,
      { item, resolve, reject },
      (waiting) => {
        load(waiting.map((one) => one.item)).then(
          (values) => waiting.forEach((one, i) => one.resolve(values[i] as Value)),
          (error: unknown) => waiting.forEach((one) => one.reject(error)),
        );
      },
    );
  });
}

/** Where in the answer it stands, whichever item of whichever list it is. */
export function pathOf(info: GraphQLResolveInfo): string {
  const names: string[] = [];
  for (let at: GraphQLResolveInfo['path'] | undefined = info.path; at; at = at.prev)
    if (typeof at.key === 'string') names.unshift(at.key);
  return `${names.join('.')} of ${info.parentType.name}`;
}
