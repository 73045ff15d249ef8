import { noteRunnersSeen, setRunnerConnection, sweepSilentRunners } from '#core/runners/connection.ts';
import type { Core } from '#core/platform/core.ts';
import { newId } from '#core/platform/ids.ts';

const NOTE_MS = 5_000;
/** A runner whose socket just closed may come straight back: a restart, or a network that blinked. */
const UNREACHABLE_AFTER_MS = 1_500;
const OFFLINE_AFTER_MS = 60_000;
const SLACK_MS = 200;
const PRESENCE_CHANNEL = 'runners:presence';

interface PresenceMessage {
  type: 'left' | 'here';
  runnerId: string;
  /** The process that says it. */
  from: string;
}

/**
 * Presence is the socket: this process knows which runners are connected to it, says so in one statement now and
 * then, and tells when one goes. No query a runner.
 */
export function watchRunners(core: Core) {
  const sockets = new Map<string, number>();
  const leaving = new Map<string, NodeJS.Timeout>();
  const set = (runnerId: string, connection: 'online' | 'unreachable' | 'offline', silentForMs = 0): void => {
    setRunnerConnection(core, runnerId, connection, silentForMs).catch((error: unknown) =>
      core.logger.warn({ err: error, runnerId, connection }, 'Presence was not written; it is repeated'),
    );
  };
  const timer = setInterval(() => {
    noteRunnersSeen(core, [...sockets.keys()])
      .then(() => sweepSilentRunners(core))
      .catch((error: unknown) => core.logger.warn({ err: error }, 'Presence was not written; it is repeated'));
  }, NOTE_MS);
  // A runner that leaves one process may have a socket at another, which speaks up before the first one says that it
  // has gone. Without Redis a wrong word stands until the next note.
  const me = newId();
  const said = core.bus.listen<PresenceMessage>(PRESENCE_CHANNEL);
  const say = (type: PresenceMessage['type'], runnerId: string): void =>
    core.bus.publish(PRESENCE_CHANNEL, { type, runnerId, from: me } satisfies PresenceMessage);
  void hearTheOthers();
  async function hearTheOthers(): Promise<void> {
    for (;;) {
      const { messages, closed } = await said.take();
      if (closed) return;
      for (const { type, runnerId, from } of messages) {
        if (from === me) continue;
        if (type === 'here') stay(runnerId);
        else if (sockets.has(runnerId)) say('here', runnerId);
      }
    }
  }
  const stay = (runnerId: string): void => {
    clearTimeout(leaving.get(runnerId));
    leaving.delete(runnerId);
  };

  return {
    /** A runner has subscribed to its commands. @returns to be called when it has gone */
    join(runnerId: string): () => void {
      stay(runnerId);
      say('here', runnerId);
      sockets.set(runnerId, (sockets.get(runnerId) ?? 0) + 1);
      set(runnerId, 'online');
      let hasLeft = false;
      return () => {
        if (hasLeft) return;
        hasLeft = true;
        const others = (sockets.get(runnerId) ?? 1) - 1;
        if (others > 0) {
          sockets.set(runnerId, others);
          return;
        }
        sockets.delete(runnerId);
        say('left', runnerId);
        leaving.set(
          runnerId,
          setTimeout(() => {
            // A little less than was waited: this process itself may have noted the runner just before it left.
            set(runnerId, 'unreachable', UNREACHABLE_AFTER_MS - SLACK_MS);
            leaving.set(
              runnerId,
              setTimeout(() => set(runnerId, 'offline', OFFLINE_AFTER_MS - SLACK_MS), OFFLINE_AFTER_MS),
            );
          }, UNREACHABLE_AFTER_MS),
        );
      };
    },
    close(): void {
      clearInterval(timer);
      said.close();
      for (const timeout of leaving.values()) clearTimeout(timeout);
    },
  };
}
export type RunnerPresence = ReturnType<typeof watchRunners>;
