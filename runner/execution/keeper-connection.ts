import { connect, type Socket } from 'node:net';
import type { InputLine } from '../logs/input-journal.ts';
import {
  messageParser,
  type Assignment,
  type FromKeeper,
  type KeeperLease,
  type KeeperStatus,
  type ToKeeper,
} from './keeper-protocol.ts';
import type { Outcome } from './outcome.ts';

/** A keeper that is busy answers late; one that answers none of these is stopped or stuck. */
const MAX_UNANSWERED = 3;
/** How long a keeper may take to say hello, and how often we look: only the time in which we ourselves are awake counts. */
const HELLO_WAIT_MS = 1_500;
const HELLO_TURN_MS = 100;

/** The runner's end of a keeper's socket. */
export class KeeperConnection {
  /** The last word of the keeper; null until it has an assignment. */
  status: KeeperStatus | null = null;
  /** Its process; null until it has said hello. */
  pid: number | null = null;
  /** Which run it keeps; null: it is on standby. */
  runId: string | null = null;
  /** Resolves when the keeper has gone, with its last status. */
  readonly closed: Promise<KeeperStatus | null>;
  /** Pings in a row that it has not answered. Counted, not timed: when we ourselves were stopped, nothing was missed. */
  private unanswered = 0;
  /** The highest number of a line that the keeper has said it has. */
  private tookInput = -1;
  private readonly listeners = new Set<() => void>();

  private constructor(
    private readonly socket: Socket,
    readonly socketPath: string,
  ) {
    this.closed = new Promise((resolve) => {
      socket.once('close', () => {
        this.notify();
        resolve(this.status);
      });
    });
    // 'close' follows, and is what everybody waits for.
    socket.on('error', () => undefined);
  }

  /**
   * @param waitMs for its hello: the kernel takes a connection for a process that is stopped, and then nothing comes
   * @returns null when nobody listens there; a connection that `isHung` when nobody has said hello yet
   */
  static async connect(socketPath: string, waitMs = HELLO_WAIT_MS): Promise<KeeperConnection | null> {
    const socket = connect(socketPath);
    socket.setEncoding('utf8');
    const connection = new KeeperConnection(socket, socketPath);
    let waitedMs = 0;
    let waiting: NodeJS.Timeout | undefined;
    const hello = new Promise<boolean>((resolve) => {
      waiting = setInterval(() => {
        waitedMs += HELLO_TURN_MS;
        if (waitedMs < waitMs) return;
        connection.unanswered = MAX_UNANSWERED + 1;
        resolve(true);
      }, HELLO_TURN_MS);
      socket.on(
        'data',
        messageParser<FromKeeper>(
          (message) => {
            connection.take(message);
            if (message.type === 'hello') resolve(true);
          },
          () => socket.destroy(),
        ),
      );
      socket.once('close', () => resolve(false));
    });
    const isThere = await hello;
    clearInterval(waiting);
    return isThere ? connection : null;
  }

  /** What an earlier runner knew of a keeper that has said nothing of its run; its own word counts once it comes. */
  assume(runId: string, pid: number | null, status: KeeperStatus | null): void {
    this.runId = runId;
    this.pid ??= pid;
    this.status ??= status;
  }

  /** Asks for a sign of life. Called at a steady pace, it makes `isHung` true for a keeper that has none. */
  ping(): void {
    this.unanswered += 1;
    this.send({ type: 'ping' });
  }

  /** It is there, and yet does nothing: stopped, or stuck. */
  get isHung(): boolean {
    return !this.isGone && this.unanswered > MAX_UNANSWERED;
  }

  get isGone(): boolean {
    return this.socket.closed || this.socket.destroyed;
  }

  assign(assignment: Assignment): void {
    this.runId = assignment.runId;
    this.send({ type: 'assign', assignment });
  }

  renew(lease: KeeperLease): void {
    this.send({ type: 'renew', lease });
  }

  cancel(outcome: Outcome, graceMs?: number): void {
    this.send({ type: 'cancel', outcome, graceMs });
  }

  /**
   * Gives the agent a line; the same number may be given again.
   * @returns false: the keeper has gone, and it is not known whether the line stands in its journal
   */
  async giveInput(input: InputLine): Promise<boolean> {
    this.send({ type: 'input', input });
    while (this.tookInput < input.number) {
      if (this.isGone) return false;
      await this.change();
    }
    return true;
  }

  /** The agent gets no more lines, and is to end by itself. */
  closeInput(): void {
    this.send({ type: 'closeInput' });
  }

  /** Resolves when the status fits, or with null when the keeper has gone without that. */
  async until(fits: (status: KeeperStatus) => boolean): Promise<KeeperStatus | null> {
    for (;;) {
      if (this.status && fits(this.status)) return this.status;
      if (this.isGone) return null;
      await this.change();
    }
  }

  /** Leaves the keeper alone: one with an assignment goes on. */
  disconnect(): void {
    this.socket.destroy();
  }

  private change(): Promise<void> {
    return new Promise((resolve) => {
      this.listeners.add(resolve);
    });
  }

  private send(message: ToKeeper): void {
    if (this.socket.writable) this.socket.write(`${JSON.stringify(message)}\n`);
  }

  private take(message: FromKeeper): void {
    this.unanswered = 0;
    if (message.type === 'pong') return;
    if (message.type === 'tookInput') {
      this.tookInput = Math.max(this.tookInput, message.number);
      this.notify();
      return;
    }
    if (message.type === 'hello') [this.pid, this.runId] = [message.pid, message.runId];
    this.status = message.status ?? this.status;
    this.notify();
  }

  private notify(): void {
    const waiting = [...this.listeners];
    this.listeners.clear();
    for (const wake of waiting) wake();
  }
}
