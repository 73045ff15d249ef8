import { Agent, request } from 'node:http';
import { createClient } from 'graphql-ws';
import type { Client } from 'graphql-ws';
import WebSocket from 'ws';

/** The public API as a script uses it: operations over HTTP on kept connections, subscriptions over one WebSocket. */
export interface ApiClient {
  /** @returns the operation's first field. @throws when the answer has errors or is one of the API's expected failures */
  ask<T>(query: string, variables?: Record<string, unknown>): Promise<T>;
  /** Calls back for each item; @returns ends the subscription. */
  subscribe<T>(query: string, variables: Record<string, unknown>, take: (item: T) => void): () => void;
  close(): Promise<void>;
}

export function openApiClient(url: string, token: string | null): ApiClient {
  const agent = new Agent({ keepAlive: true });
  let socket: Client | null = null;
  const openSocket = (): Client =>
    createClient({
      url: `${url.replace(/^http/, 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      lazy: true,
      retryAttempts: 0,
      connectionParams: { authorization: `Bearer ${token}` },
    });
  return {
    async ask<T>(query: string, variables: Record<string, unknown> = {}) {
      const text = await post(agent, url, token, JSON.stringify({ query, variables }));
      const answer = JSON.parse(text) as { data?: Record<string, unknown> | null; errors?: unknown };
      const [first] = Object.values(answer.data ?? {});
      if (answer.errors || first === undefined || isRefusal(first))
        throw new Error(`Expected the API to do what was asked, found ${text.slice(0, 1_000)}`);
      return first as T;
    },
    subscribe<T>(query: string, variables: Record<string, unknown>, take: (item: T) => void) {
      socket ??= openSocket();
      return socket.subscribe<Record<string, T>>(
        { query, variables },
        {
          next: ({ data, errors }) => {
            const [item] = Object.values(data ?? {});
            if (errors || item === undefined)
              throw new Error(`Expected an item of a subscription, found ${JSON.stringify(errors)}`);
            take(item);
          },
          error: (error) => {
            throw new Error(`A subscription failed: ${JSON.stringify(error)}`, { cause: error });
          },
          complete: () => undefined,
        },
      );
    },
    async close() {
      await socket?.dispose();
      agent.destroy();
    },
  };
}

/** Expected failures are data in this API; benchmarks ask for their code, and any of them is the end of a measurement. */
function isRefusal(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'code' in value;
}

/** Posts a JSON body to /graphql over `agent`'s connections. */
export function post(agent: Agent, url: string, token: string | null, body: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      `${url}/graphql`,
      {
        agent,
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(body),
          ...(token ? { authorization: `Bearer ${token}` } : {}),
        },
      },
      (answer) => {
        let text = '';
        answer
          .setEncoding('utf8')
          .on('data', (chunk: string) => (text += chunk))
          .on('end', () => resolve(text))
          .on('error', reject);
      },
    );
    outgoing.on('error', reject).end(body);
  });
}
