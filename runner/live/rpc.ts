import { parseEvent } from '../readers/parse-event.ts';
import { objectOf, type Event } from '../readers/reading.ts';

/** JSON-RPC takes both; an answer goes out under the very id that came. */
export type RpcId = string | number;

/** One message of JSON-RPC, as far as we need it. */
export type RpcMessage =
  | { kind: 'request'; id: RpcId; method: string; params: Event }
  | { kind: 'notification'; method: string; params: Event }
  | { kind: 'answer'; id: RpcId; result: Event; error: Event | null };

/** One line of either direction; null: it is no message, such as what a program prints by mistake. */
export function parseRpc(line: string): RpcMessage | null {
  const event = parseEvent(line);
  if (event === null) return null;
  const { id, method } = event;
  const params = objectOf(event['params']);
  const hasId = typeof id === 'string' || typeof id === 'number';
  if (typeof method === 'string')
    return hasId ? { kind: 'request', id, method, params } : { kind: 'notification', method, params };
  if (!hasId || !('result' in event || 'error' in event)) return null;
  const error = event['error'] === undefined || event['error'] === null ? null : objectOf(event['error']);
  return { kind: 'answer', id, result: objectOf(event['result']), error };
}

export function requestLine(id: RpcId, method: string, params: Event): string {
  return JSON.stringify({ jsonrpc: '2.0', id, method, params });
}

export function notificationLine(method: string, params: Event): string {
  return JSON.stringify({ jsonrpc: '2.0', method, params });
}

export function answerLine(id: RpcId, result: Event): string {
  return JSON.stringify({ jsonrpc: '2.0', id, result });
}
