import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';

export interface JournalLine {
  sha: string;
  bytes: number;
}

/** One entry an agent's program made, by the monotonic clock of the machine. */
export type JournalEntry = { atMs: number } & (
  | { type: 'hello'; runId: string; taskId: string; attempt: number; name: string; pid: number }
  | { type: 'intends'; stream: 'stdout' | 'stderr'; lines: JournalLine[] }
  | { type: 'wrote'; stream: 'stdout' | 'stderr' }
  | { type: 'failed'; code: string }
  | { type: 'file'; path: string; sha: string }
  | { type: 'exits'; code: number }
);

/** Everything one process of an agent has told. */
export interface AgentJournal {
  runId: string;
  taskId: string;
  attempt: number;
  entries: JournalEntry[];
}

/** Takes down what agents' programs write, on the machine's own loopback and outside of everything that is tested. */
export class JournalServer {
  readonly journals: AgentJournal[] = [];
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();

  private constructor() {
    this.server = createServer((socket) => {
      this.sockets.add(socket.on('close', () => this.sockets.delete(socket)));
      let text = '';
      let journal: AgentJournal | null = null;
      socket.setEncoding('utf8').on('data', (chunk: string) => {
        const lines = (text + chunk).split('\n');
        text = lines.pop() ?? '';
        for (const line of lines) {
          const entry = JSON.parse(line) as JournalEntry;
          if (entry.type === 'hello')
            this.journals.push(
              (journal = { runId: entry.runId, taskId: entry.taskId, attempt: entry.attempt, entries: [] }),
            );
          journal?.entries.push(entry);
        }
      });
      // An agent that was killed: what it said until then stands.
      socket.on('error', () => socket.destroy());
    });
  }

  static async start(): Promise<JournalServer> {
    const journal = new JournalServer();
    await new Promise<void>((resolve) => journal.server.listen(0, '127.0.0.1', resolve));
    return journal;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** What is known of one project's tasks, taken out. */
  take(taskIds: ReadonlySet<string>): AgentJournal[] {
    const taken = this.journals.filter(({ taskId }) => taskIds.has(taskId));
    for (const journal of taken) this.journals.splice(this.journals.indexOf(journal), 1);
    return taken;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
