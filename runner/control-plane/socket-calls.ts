import type { Client, ExecutionResult } from 'graphql-ws';
import type { TypedDocumentString } from './gql/graphql.ts';

/** What is under way at most: commands and signs of life, which come on the same connection, do not wait behind more. */
const MAX_CHARS_UNDER_WAY = 16 * 1024;
/** An answer that takes longer is not waited for: the same call goes another way. */
const PATIENCE_MS = 1_000;
/** After such an answer the way is left alone for a while: where little gets through, it is for commands and signs of life. */
const REST_MS = 30_000;

/**
 * Small calls over the socket that commands come on. A request of its own for each would cost both ends several times
 * the processor (bench/log-latency.ts). It is an offer: where it does not lead to an answer, the caller asks again over
 * HTTP, and what is asked must bear that.
 */
export class SocketCalls {
  #client: Client | null = null;
  #restsUntilMs = 0;
  #charsUnderWay = 0;

  /** From now on calls go over this client's connection, which is open. */
  attach(client: Client): void {
    this.#client = client;
  }

  detach(): void {
    this.#client = null;
  }

  /**
   * @param chars the length of what `variables` carry
   * @returns the answer's data; null: not answered, for whatever reason
   */
  async call<Result, Variables>(
    document: TypedDocumentString<Result, Variables>,
    variables: Variables & Record<string, unknown>,
    chars: number,
  ): Promise<Result | null> {
    const client = this.#client;
    if (!client || this.#charsUnderWay + chars > MAX_CHARS_UNDER_WAY || performance.now() < this.#restsUntilMs)
      return null;
    this.#charsUnderWay += chars;
    let leave = (): void => undefined;
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise<Result | null>((resolve) => {
        timer = setTimeout(() => {
          this.#restsUntilMs = performance.now() + REST_MS;
          resolve(null);
        }, PATIENCE_MS);
        leave = client.subscribe<Result>(
          { query: document.toString(), variables },
          {
            next: ({ data, errors }: ExecutionResult<Result>) => resolve(errors ? null : (data ?? null)),
            error: () => resolve(null),
            complete: () => resolve(null),
          },
        );
      });
    } finally {
      clearTimeout(timer);
      leave();
      this.#charsUnderWay -= chars;
    }
  }
}
