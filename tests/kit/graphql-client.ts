import { createClient } from 'graphql-ws';
import type { Client } from 'graphql-ws';
import WebSocket from 'ws';

export interface GraphqlAnswer {
  data?: Record<string, unknown> | null;
  errors?: { message: string; extensions?: Record<string, unknown> }[];
}

/** Sends an operation as a script would. */
export async function post(
  url: string,
  query: string,
  variables: Record<string, unknown> = {},
  token?: string,
): Promise<GraphqlAnswer> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) },
    body: JSON.stringify({ query, variables }),
  });
  return (await response.json()) as GraphqlAnswer;
}

export function openSocket(url: string, token: string): Client {
  return createClient({
    url: `${url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { authorization: `Bearer ${token}` },
    retryAttempts: 0,
    lazy: true,
  });
}

/** Collects what a subscription yields, so that a test can wait for what it expects. */
export function collect<T>(client: Client, query: string, variables: Record<string, unknown>) {
  const items: T[] = [];
  const waiters = new Set<() => void>();
  let ended: unknown = null;
  const tell = (): void => waiters.forEach((waiter) => waiter());
  const unsubscribe = client.subscribe<Record<string, T>>(
    { query, variables },
    {
      next: ({ data, errors }) => {
        if (errors) ended = errors;
        const value = data && Object.values(data)[0];
        if (value) items.push(value);
        tell();
      },
      error: (error) => {
        ended = error;
        tell();
      },
      complete: () => {
        ended ??= 'complete';
        tell();
      },
    },
  );
  return {
    items,
    unsubscribe,
    ended: () => ended,
    /** Resolves as soon as the condition holds; fails loudly, with what came, when it does not within the time. */
    async until(condition: (items: T[]) => boolean, timeoutMs = 10_000): Promise<T[]> {
      if (condition(items)) return items;
      return new Promise<T[]>((resolve, reject) => {
        const timer = setTimeout(() => {
          waiters.delete(check);
          reject(
            new Error(
              `Waited ${timeoutMs} ms; got ${JSON.stringify(items).slice(0, 2_000)}; ended: ${JSON.stringify(ended)}`,
            ),
          );
        }, timeoutMs);
        const check = (): void => {
          if (!condition(items)) return;
          clearTimeout(timer);
          waiters.delete(check);
          resolve(items);
        };
        waiters.add(check);
      });
    },
  };
}
