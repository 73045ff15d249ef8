/** The limit: a process that does nothing but write a frame, built once, to every socket. Told by its parent what and when. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { textFrame } from '#api/fan-out/frame.ts';

const wires = new Set<Duplex>();
const http = createServer();
new WebSocketServer({ server: http, perMessageDeflate: false }).on('connection', (socket, request) => {
  wires.add(request.socket);
  socket.send('{"type":"connection_ack"}');
  socket.once('close', () => wires.delete(request.socket));
});
process.on('message', (payload: string) => {
  const frame = textFrame(Buffer.from(payload));
  for (const wire of wires) wire.write(frame);
});
http.listen(0, '127.0.0.1', () => process.send?.((http.address() as AddressInfo).port));
