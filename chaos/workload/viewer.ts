import { createClient, type Client } from 'graphql-ws';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';

const EVENTS =
  'subscription ($projectId: ID!, $after: String) { projectEvents(projectId: $projectId, after: $after) { type cursor entityId } }';
const RUN_LOG =
  'subscription ($runId: ID!, $afterSeq: Int) { runLog(runId: $runId, afterSeq: $afterSeq) { firstSeq streams messages } }';
const RETRY_MS = 150;
/** A connection over which nothing comes back for this long is given up, as a browser's client does. */
const PING_MS = 1_500;
const SILENCE_MS = 2_500;

export interface SeenEvent {
  cursor: number;
  type: string;
  entityId: string;
}

export interface SeenBatch {
  firstSeq: number;
  streams: string;
  messages: string[];
}

/** Everything one viewer was shown, in the order in which it came. */
export interface ViewerRecord {
  name: string;
  events: SeenEvent[];
  /** Batches by run; `isComplete`: it was told that there is no more. */
  logs: Map<string, { batches: SeenBatch[]; isComplete: boolean }>;
  reconnects: number;
}

/** Without it, a connection that is accepted and never answered is waited for for ever. */
class ImpatientSocket extends WebSocket {
  constructor(address: string, protocols: string | string[]) {
    super(address, protocols, { handshakeTimeout: SILENCE_MS });
  }
}

/** Somebody who looks on: follows the project and the log of each run, and comes back with its place whenever the line breaks. */
export class Viewer {
  readonly record: ViewerRecord;
  private readonly stop = new AbortController();
  private client: Client | null = null;
  private readonly work: Promise<unknown>[] = [];

  constructor(
    name: string,
    private readonly port: number,
    private readonly token: string,
    private readonly projectId: string,
  ) {
    this.record = { name, events: [], logs: new Map(), reconnects: 0 };
    this.work.push(this.keep(() => this.followEvents()));
  }

  /** What it has been shown so far; what it is shown later is not in it. */
  snapshot(): ViewerRecord {
    const { name, events, logs, reconnects } = this.record;
    return {
      name,
      events: [...events],
      reconnects,
      logs: new Map(
        [...logs].map(([runId, { batches, isComplete }]) => [runId, { batches: [...batches], isComplete }]),
      ),
    };
  }

  get cursor(): number {
    return this.record.events.at(-1)?.cursor ?? 0;
  }

  async close(): Promise<void> {
    this.stop.abort();
    await this.client?.dispose();
    await Promise.all(this.work);
  }

  /** Repeats a subscription until it says that nothing more will come. */
  private async keep(once: () => Promise<boolean>): Promise<void> {
    while (!this.stop.signal.aborted && !(await once())) {
      this.record.reconnects += 1;
      await sleep(RETRY_MS, undefined, { signal: this.stop.signal }).catch(() => undefined);
    }
  }

  private async followEvents(): Promise<boolean> {
    await this.follow<SeenEvent & { cursor: string | null }>(
      EVENTS,
      { projectId: this.projectId, after: String(this.cursor) },
      ({ cursor, type, entityId }) => {
        if (cursor === null) return;
        this.record.events.push({ cursor: Number(cursor), type, entityId });
        if (type !== 'agent.run.created' || this.record.logs.has(entityId)) return;
        this.record.logs.set(entityId, { batches: [], isComplete: false });
        this.work.push(this.keep(() => this.followLog(entityId)));
      },
    );
    return false;
  }

  private async followLog(runId: string): Promise<boolean> {
    const log = this.record.logs.get(runId);
    if (!log) throw new Error(`The run ${runId} is not followed`);
    const last = log.batches.at(-1);
    const afterSeq = last ? last.firstSeq + last.messages.length - 1 : -1;
    log.isComplete = await this.follow<SeenBatch>(
      RUN_LOG,
      { runId, afterSeq },
      (batch) => void log.batches.push(batch),
    );
    return log.isComplete;
  }

  /** @returns whether the server itself said that this is all */
  private follow<Item>(
    query: string,
    variables: Record<string, unknown>,
    take: (item: Item) => void,
  ): Promise<boolean> {
    const client = (this.client ??= this.open());
    let hasFailed = false;
    return new Promise((resolve) => {
      client.subscribe<Record<string, Item>>(
        { query, variables },
        {
          next: ({ data, errors }) => {
            const [item] = Object.values(data ?? {});
            // Such as a server without its database: the answer is an error, and that is the end of it.
            if (errors) hasFailed = true;
            else if (item) take(item);
          },
          // A broken line: it is tried again.
          error: () => resolve(false),
          complete: () => resolve(!hasFailed && client === this.client && !this.stop.signal.aborted),
        },
      );
    });
  }

  private open(): Client {
    let socket: WebSocket | undefined;
    let silence: NodeJS.Timeout | undefined;
    const client = createClient({
      url: `ws://127.0.0.1:${this.port}/graphql`,
      webSocketImpl: ImpatientSocket,
      connectionParams: { authorization: `Bearer ${this.token}` },
      retryAttempts: 0,
      lazy: true,
      keepAlive: PING_MS,
      connectionAckWaitTimeout: SILENCE_MS,
      on: {
        opened: (opened) => (socket = opened as WebSocket),
        ping: (isReceived) => {
          if (!isReceived) silence = setTimeout(() => socket?.terminate(), SILENCE_MS);
        },
        pong: (isReceived) => {
          if (isReceived) clearTimeout(silence);
        },
        closed: () => {
          clearTimeout(silence);
          if (this.client === client) this.client = null;
        },
      },
    });
    return client;
  }
}
