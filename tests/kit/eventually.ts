/** Looks again until the condition holds: for what arrives by itself and has no event to wait for. Fails with what it saw last. */
export async function eventually<T>(read: () => T | Promise<T>, holds: (value: T) => boolean, timeoutMs = 15_000): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    let value: T | undefined;
    let failure: unknown = null;
    try {
      value = await read();
      if (holds(value)) return value;
    } catch (error) {
      failure = error;
    }
    if (performance.now() > deadline) throw failure ?? new Error(`Waited ${timeoutMs} ms; last seen: ${JSON.stringify(value, (_key, part: unknown) => (typeof part === 'bigint' ? String(part) : part))}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
