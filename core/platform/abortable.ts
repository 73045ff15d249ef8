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
