/**
 * A stream that ends when its reader goes, also while it waits for the next value: a plain generator would only
 * notice when that value comes, and hold its resources until then.
 * @param start makes the generator; what it waits for must end when the signal aborts
 */
export function abortable<T>(start: (signal: AbortSignal) => AsyncGenerator<T>): AsyncGenerator<T> {
  const controller = new AbortController();
  const generator = start(controller.signal);
  const end = (): void => controller.abort();
  return {
    next: () => generator.next(),
    async return(value: unknown) {
      end();
      return generator.return(value);
    },
    async throw(error: unknown) {
      end();
      return generator.throw(error);
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

/** What a stream gives together, one by one. Ends its source when its reader goes, as it does. */
export function oneByOne<T>(batches: AsyncGenerator<readonly T[]>): AsyncGenerator<T> {
  return abortable(async function* (signal) {
    signal.addEventListener('abort', () => void batches.return(undefined));
    for await (const batch of batches) yield* batch;
  });
}

/**
 * A stream that yields nothing and ends with some work: whoever ends it ends the work.
 * @param work begins when the stream is read; ends when the signal aborts
 */
export function silentStream(work: (signal: AbortSignal) => Promise<void>): AsyncGenerator<never> {
  const controller = new AbortController();
  let done: Promise<void> | undefined;
  const over = { done: true, value: undefined } as const;
  return {
    async next() {
      done ??= controller.signal.aborted ? Promise.resolve() : work(controller.signal);
      await done;
      return over;
    },
    async return() {
      controller.abort();
      // Its failure is told to who reads; who leaves may not wait for it.
      await done?.catch(() => undefined);
      return over;
    },
    async throw(error: unknown) {
      controller.abort();
      await done?.catch(() => undefined);
      throw error;
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
