import { textOf, type Event } from '../readers/reading.ts';
import { parseRpc, type RpcId } from './rpc.ts';

/** What one side asked of the other. */
export interface Asked {
  id: RpcId;
  method: string;
  params: Event;
}

interface Answer {
  result: Event;
  error: Event | null;
}

/**
 * What stands between us and an agent that speaks the Agent Client Protocol. It is made of two files alone, what the
 * agent printed and the journal of what it was told, and comes out the same whichever of them is read further: so a
 * runner that comes back knows what is open, and nothing is asked or answered twice.
 */
export class Conversation {
  private readonly theirs = new Map<string, Asked>();
  private readonly ours = new Map<string, Asked>();
  private readonly theirAnswers = new Map<string, Answer>();
  private readonly ourAnswers = new Set<string>();
  private isCancelSaid = false;

  /** A line of the agent's standard output. */
  hear(line: string): void {
    const message = parseRpc(line);
    if (message?.kind === 'request') addOnce(this.theirs, message);
    if (message?.kind === 'answer') addFirst(this.theirAnswers, message.id, message);
    // An agent that gives up its own question waits for no answer.
    if (message?.kind === 'notification' && message.method === '$/cancel_request') {
      const { requestId } = message.params;
      if (typeof requestId === 'string' || typeof requestId === 'number') this.ourAnswers.add(keyOf(requestId));
    }
  }

  /** A line of the journal of its standard input. */
  tell(line: string): void {
    const message = parseRpc(line);
    if (message?.kind === 'request') addOnce(this.ours, message);
    if (message?.kind === 'answer') this.ourAnswers.add(keyOf(message.id));
    if (message?.kind === 'notification' && message.method === 'session/cancel') this.isCancelSaid = true;
  }

  /** What the agent waits for, oldest first. */
  get openQuestions(): Asked[] {
    return [...this.theirs].filter(([key]) => !this.ourAnswers.has(key)).map(([, asked]) => asked);
  }

  /** What we wait for, oldest first. */
  get openRequests(): Asked[] {
    return [...this.ours].filter(([key]) => !this.theirAnswers.has(key)).map(([, asked]) => asked);
  }

  /** The last request of this kind that was sent; null: none was. */
  lastRequest(method: string): Asked | null {
    return [...this.ours.values()].filter((asked) => asked.method === method).at(-1) ?? null;
  }

  /** @returns null while the agent has not answered */
  answerTo({ id }: Asked): Answer | null {
    return this.theirAnswers.get(keyOf(id)) ?? null;
  }

  /** The session that prompts go to; null: the agent has opened none yet. */
  get sessionId(): string | null {
    for (const [key, asked] of [...this.ours].reverse()) {
      const answer = this.theirAnswers.get(key);
      if (!answer || answer.error !== null) continue;
      if (asked.method === 'session/new') return textOf(answer.result['sessionId']);
      // An old session keeps its id, and the answer does not repeat it.
      if (asked.method === 'session/load') return textOf(asked.params['sessionId']);
    }
    return null;
  }

  /** It was told to stop: whatever its answer says, its turn was canceled. */
  get isCanceled(): boolean {
    return this.isCancelSaid;
  }

  /** Every prompt has its answer, and there was one: unless somebody has more to say, the agent may go. */
  get isOver(): boolean {
    return (
      this.lastRequest('session/prompt') !== null &&
      this.openRequests.every((asked) => asked.method !== 'session/prompt')
    );
  }
}

/** `1` and `"1"` are two ids. */
function keyOf(id: RpcId): string {
  return JSON.stringify(id);
}

function addOnce(all: Map<string, Asked>, { id, method, params }: Asked): void {
  if (!all.has(keyOf(id))) all.set(keyOf(id), { id, method, params });
}

/** A second answer to the same request says nothing. */
function addFirst(all: Map<string, Answer>, id: RpcId, { result, error }: Answer): void {
  if (!all.has(keyOf(id))) all.set(keyOf(id), { result, error });
}
