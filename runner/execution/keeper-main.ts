import { chmodSync, unlinkSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { Keeper } from './keeper.ts';
import { messageParser, type FromKeeper, type KeeperStatus, type ToKeeper } from './keeper-protocol.ts';
import { warmUp } from './warm-up.ts';

/** A standby that nobody connects to belongs to a runner that died before it could. */
const UNCLAIMED_MS = 15_000;
/** One that is started for a run that waits gets it before. */
const WARM_UP_AFTER_MS = 100;

/**
 * The keeper's process: `keeper SOCKET`. It waits, already warm, for an assignment; a standby whose runner goes away
 * ends, a keeper with an assignment stays until its run has ended, whether anybody listens or not.
 */
function main(socketPath: string): void {
  const connections = new Set<Socket>();
  let keeper: Keeper | null = null;
  let runId: string | null = null;
  let warming: Promise<void> = Promise.resolve();

  const tell = (socket: Socket, message: FromKeeper): void => {
    if (socket.writable) socket.write(`${JSON.stringify(message)}\n`);
  };
  const leave = (): void => {
    for (const socket of connections) socket.end();
    server.close(() => void warming.then(() => process.exit(0)));
    // A peer that does not take its bytes must not keep us.
    setTimeout(() => process.exit(0), 1_000).unref();
  };
  const onMessage = (socket: Socket, message: ToKeeper): void => {
    if (message.type === 'ping') tell(socket, { type: 'pong' });
    if (message.type === 'renew') keeper?.renew(message.lease);
    if (message.type === 'cancel') keeper?.end(message.outcome, message.graceMs);
    if (message.type === 'input' && keeper?.takeInput(message.input))
      tell(socket, { type: 'tookInput', number: message.input.number });
    if (message.type === 'closeInput') keeper?.closeInput();
    if (message.type !== 'assign' || keeper) return;
    clearTimeout(unclaimed);
    runId = message.assignment.runId;
    keeper = new Keeper(message.assignment, (status: KeeperStatus) => {
      for (const listener of connections) tell(listener, { type: 'changed', status });
    });
    void keeper.run().finally(leave);
  };

  const server = createServer((socket) => {
    clearTimeout(unclaimed);
    connections.add(socket);
    socket.setEncoding('utf8');
    socket.on(
      'data',
      messageParser<ToKeeper>(
        (message) => onMessage(socket, message),
        () => socket.destroy(),
      ),
    );
    // A runner that was killed: its keeper goes on. 'close' follows.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      connections.delete(socket);
      if (!keeper && connections.size === 0) leave();
    });
    tell(socket, { type: 'hello', pid: process.pid, runId, status: keeper?.status ?? null });
  });
  const unclaimed = setTimeout(leave, UNCLAIMED_MS);
  server.listen(socketPath, () => {
    chmodSync(socketPath, 0o600);
    setTimeout(() => {
      if (!keeper) warming = warmUp();
    }, WARM_UP_AFTER_MS).unref();
  });

  process.on('SIGTERM', () => {
    if (keeper)
      keeper.end({
        status: 'failed',
        reason: 'internal',
        message: 'Ended: the machine, or somebody on it, ended the keeper of this run',
      });
    else leave();
  });
  for (const name of ['SIGINT', 'SIGHUP'] as const) process.on(name, () => undefined);
  process.on('uncaughtException', (error) => {
    console.error('the keeper failed', error);
    keeper?.end({ status: 'failed', reason: 'internal', message: `Ended: its keeper failed (${error.message})` });
    if (!keeper) process.exit(1);
  });
  process.on('exit', () => {
    try {
      unlinkSync(socketPath);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') console.error('the socket could not be removed', error);
    }
  });
}

const socketPath = process.argv[2];
if (socketPath === undefined) {
  console.error('usage: keeper SOCKET');
  process.exit(2);
}
main(socketPath);
