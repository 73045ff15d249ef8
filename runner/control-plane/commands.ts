import { CloseCode, createClient, type Client } from 'graphql-ws';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { backOffMs } from '#contract/back-off.ts';
import type { Logger } from '../logger.ts';
import type { RunnerCommand } from './control-plane.ts';
import { RunnerCommandsDocument } from './documents.ts';
import type { RunnerCommandsSubscription } from './gql/graphql.ts';
import { RECONNECT_DELAYS } from './retry.ts';
import type { SocketCalls } from './socket-calls.ts';

/** A connection over which nothing comes back for this long is given up: half-open ones never say so. */
const SILENCE_MS = 5_000;
const PING_MS = 4_000;
/** A proxy may take a connection and never answer on it. */
const HANDSHAKE_MS = 10_000;
/** With these the API closes a socket whose token it does not know, or no more. */
const REFUSED_CLOSE_CODES: readonly unknown[] = [CloseCode.Unauthorized, CloseCode.Forbidden];

const CANCEL_REASONS = {
  by_user: 'Stopped by a person',
  by_task_cancel: 'Its task was canceled',
  superseded: 'A newer run takes its place',
  budget: 'The budget is used up',
} as const;

export interface CommandOrder {
  /** ws://…/graphql */
  url: string;
  token: string;
  signal: AbortSignal;
  logger: Logger;
  /** May use the socket as long as it is open. */
  calls: SocketCalls;
}

/**
 * Commands as they come, over one socket that is opened again, for ever, whenever it breaks. The server begins
 * each subscription with "there may be work": that it was heard is how we know that we are connected.
 */
export async function* followCommands(order: CommandOrder): AsyncGenerator<RunnerCommand> {
  const { signal, logger, calls } = order;
  for (let attempt = 1; !signal.aborted; attempt += 1) {
    const client = openClient(order);
    // Ends the iteration below from outside.
    const stop = (): void => void client.dispose();
    signal.addEventListener('abort', stop, { once: true });
    let isConnected = false;
    let isRefused = false;
    try {
      for await (const { data } of client.iterate<RunnerCommandsSubscription>({
        query: RunnerCommandsDocument.toString(),
      })) {
        if (!isConnected) {
          isConnected = true;
          calls.attach(client);
          attempt = 1;
          yield { type: 'connected' };
        }
        const command = data ? toCommand(data.runnerCommands) : null;
        if (command) yield command;
      }
    } catch (error) {
      isRefused = REFUSED_CLOSE_CODES.includes((error as { code?: unknown } | null)?.code);
      if (!signal.aborted)
        logger.warn({ why: whyClosed(error) }, 'the connection to the control plane is lost; connecting again');
    } finally {
      calls.detach();
      signal.removeEventListener('abort', stop);
      await client.dispose();
    }
    if (isConnected) yield { type: 'disconnected' };
    if (isRefused) yield { type: 'refused' };
    if (!signal.aborted)
      await sleep(backOffMs(RECONNECT_DELAYS, attempt), undefined, { signal }).catch(() => undefined);
  }
}

/** A socket that does not wait for its opening for ever. */
class PromptWebSocket extends WebSocket {
  constructor(address: string | URL, protocols?: string | string[]) {
    super(address, protocols, { handshakeTimeout: HANDSHAKE_MS });
  }
}

function openClient({ url, token }: CommandOrder): Client {
  let silence: NodeJS.Timeout | undefined;
  let socket: WebSocket | undefined;
  return createClient({
    url,
    webSocketImpl: PromptWebSocket,
    connectionAckWaitTimeout: HANDSHAKE_MS,
    connectionParams: { authorization: `Bearer ${token}` },
    // Connecting again is ours: every break has to show.
    retryAttempts: 0,
    lazyCloseTimeout: 0,
    keepAlive: PING_MS,
    on: {
      connected: (opened) => (socket = opened as WebSocket),
      ping: (isReceived) => {
        if (!isReceived) silence = setTimeout(() => socket?.terminate(), SILENCE_MS);
      },
      pong: (isReceived) => {
        if (isReceived) clearTimeout(silence);
      },
      closed: () => clearTimeout(silence),
    },
  });
}

function toCommand({
  type,
  runId,
  reason,
  requestId,
  path,
  name,
}: RunnerCommandsSubscription['runnerCommands']): RunnerCommand | null {
  if (type === 'WORK') return { type: 'run_available' };
  if (requestId !== null && requestId !== undefined) {
    if (type === 'LOOK') return { type: 'look', requestId: String(requestId) };
    if (type === 'CHECK') return { type: 'check', requestId: String(requestId), path: path ?? '' };
    return type === 'REMOVE_WORK_FOLDER'
      ? { type: 'remove_work_folder', requestId: String(requestId), name: name ?? '' }
      : null;
  }
  if (runId === null || runId === undefined) return null;
  const known =
    (Object.keys(CANCEL_REASONS) as (keyof typeof CANCEL_REASONS)[]).find((name) => name === reason) ?? 'by_user';
  return { type: 'cancel', runId: String(runId), reason: known, message: CANCEL_REASONS[known] };
}

/** graphql-ws throws close events, GraphQL errors or errors of the socket. */
function whyClosed(error: unknown): string {
  if (Array.isArray(error)) return error.map((each: { message?: string }) => each.message).join('; ');
  if (typeof error === 'object' && error !== null) {
    const { code, reason, message } = error as { code?: unknown; reason?: string; message?: string };
    return [code, reason ?? message].filter((part) => part !== undefined && part !== '').join(' ') || 'closed';
  }
  return String(error);
}
