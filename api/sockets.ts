import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { GraphQLError } from 'graphql';
import type { DocumentNode, ExecutionArgs, GraphQLSchema } from 'graphql';
import { CloseCode } from 'graphql-ws';
import { useServer } from 'graphql-ws/use/ws';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import type { ApiContext } from '#api/context.ts';
import type { RunnerActor } from '#core/access/actor.ts';
import { authenticate } from '#core/access/sessions.ts';
import { MAX_BODY_BYTES, MAX_SOCKETS_AN_ACCOUNT, MAX_SUBSCRIPTIONS_A_SOCKET } from '#core/config/limits.ts';
import type { Core } from '#core/platform/core.ts';
import { newId } from '#core/platform/ids.ts';
import type { SystemParts } from '#core/system/system-parts.ts';
import type { AddressOf } from './http/address.ts';
import { FanOut } from './fan-out/fan-out.ts';
import { textFrame } from './fan-out/frame.ts';
import { Outlet } from './fan-out/outlet.ts';
import { maskError, withoutHttp, withoutSuggestion } from './graphql-errors.ts';
import type { Hosts } from './http/hosts.ts';
import { refuseLargeJson } from './json-size.ts';
import { LogLane } from './log-lane.ts';
import { pathOf } from './http/path.ts';
import { readToken } from './http/token.ts';
import { tokenOf } from './socket-caller.ts';
import type { OpenStreams, Stream } from './open-streams.ts';
import { isDatabaseAway } from './unavailable.ts';
import type { createGraphql } from './yoga.ts';
import type { FollowedRights } from './followed-rights.ts';
import type { RunnerPresence } from './runner-presence.ts';

/** How often a socket must prove that its other end lives; two silent rounds end it, within runs.md's 10 s. */
const KEEP_ALIVE_MS = 4_000;
/** @source RFC 6455, registry of close codes: 1013, Try Again Later */
const TRY_AGAIN_LATER = 1013;

interface SocketExtra extends Record<PropertyKey, unknown> {
  request: IncomingMessage;
  socket: WebSocket;
  /** What it was opened with; undefined until it is. */
  token?: string;
  /** The runner that opened it. */
  runner?: RunnerActor;
}

export interface SocketOptions {
  core: Core;
  schema: GraphQLSchema;
  yoga: ReturnType<typeof createGraphql>;
  streams: OpenStreams;
  presence: RunnerPresence;
  rights: FollowedRights;
  parts: SystemParts;
  hosts: Hosts;
  /** As for HTTP: whether names from the schema are told. */
  isExplorable: boolean;
  cookieName: string;
  addressOf: AddressOf;
  /** Takes what is not for `/graphql`; without it there are no other sockets. */
  ofPages?: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
}

/**
 * GraphQL over WebSocket. Goes through the same envelope as HTTP, so masking, limits and validation hold here
 * too. Who asks is looked up at connect and for each operation; the socket ends with the session, and what is followed
 * when the right to it is lost.
 */
export function openSockets({
  core,
  schema,
  yoga,
  streams,
  presence,
  rights,
  parts,
  hosts,
  cookieName,
  isExplorable,
  addressOf,
  ofPages,
}: SocketOptions) {
  const server = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: MAX_BODY_BYTES });
  const streamOf = (socket: WebSocket): Stream => ({
    end: () => socket.close(CloseCode.Forbidden, 'Session ended'),
    onceClosed: (work) => socket.once('close', work),
  });

  const tell = (errors: readonly GraphQLError[]): GraphQLError[] =>
    errors
      .map((error) => withoutHttp(maskError(error, newId(), core.logger)))
      .map((error) => (isExplorable ? error : withoutSuggestion(error)));
  const fanOut = new FanOut(tell);
  const logLane = new LogLane(core, schema);
  /** What each WebSocket writes to. */
  const wires = new WeakMap<WebSocket, Duplex>();

  const disposable = useServer<Record<string, unknown>, SocketExtra>(
    {
      execute: (args) => (args as EnvelopedArgs).rootValue.execute(args),
      subscribe: (args) => (args as EnvelopedArgs).rootValue.subscribe(args),
      onConnect: async ({ extra, connectionParams }) => {
        const token = tokenOf(connectionParams) ?? readToken(extra.request, cookieName)?.token;
        if (!token) return false;
        // Remembered before it is looked at: a session that ends in between is noticed by one of the two.
        const stream = streamOf(extra.socket);
        streams.remember(token, stream);
        try {
          const actor = await authenticate(core, token);
          if (actor === null) return false;
          if (!streams.count(actor, stream)) {
            extra.socket.close(TRY_AGAIN_LATER, `At most ${MAX_SOCKETS_AN_ACCOUNT} sockets an account`);
            return false;
          }
          extra.token = token;
          if (actor.kind === 'runner') extra.runner = actor;
          return true;
        } catch (error) {
          if (!isDatabaseAway(error)) throw error;
          // Who has come is not known, so nobody is turned away: clients come back by themselves after this code.
          core.logger.warn({ err: error }, 'A socket could not be opened: the database did not answer');
          extra.socket.close(TRY_AGAIN_LATER, 'The database does not answer');
          return false;
        }
      },
      onSubscribe: async ({ extra, subscriptions }, id, payload) => {
        if (Object.keys(subscriptions).length > MAX_SUBSCRIPTIONS_A_SOCKET) {
          return [
            new GraphQLError(`At most ${MAX_SUBSCRIPTIONS_A_SOCKET} operations a socket.`, {
              extensions: { code: 'QUERY_REJECTED' },
            }),
          ];
        }
        const tooLarge = refuseLargeJson(payload);
        if (tooLarge) return [tooLarge];
        try {
          const wire = wires.get(extra.socket);
          if (!wire) throw new Error('A socket came by another way than this server');
          const appended = extra.runner ? await logLane.append(extra.runner, payload) : null;
          if (appended)
            return {
              schema,
              document: appended.document,
              rootValue: {
                execute() {
                  if (!(id in subscriptions)) return {};
                  // Answered here, in one write; to the library this operation is one that was left. It answers itself
                  // when nothing was written, because too much is before it.
                  if (!new Outlet(id, extra.socket, wire).write(lastAnswer(id, appended.data)))
                    return { data: appended.data };
                  delete subscriptions[id];
                  return {};
                },
              },
            };
          const actor = await authenticate(core, extra.token ?? '');
          if (actor === null)
            return [new GraphQLError('The session has ended.', { extensions: { code: 'UNAUTHENTICATED' } })];
          const context: ApiContext = {
            core,
            presence,
            rights,
            parts,
            transport: 'socket',
            actor,
            requestId: newId(),
            followShared: null,
            address: addressOf(extra.request),
          };
          const enveloped = yoga.getEnveloped({
            ...context,
            request: extra.request,
            params: payload,
          }) as unknown as Enveloped;
          const document = enveloped.parse(payload.query);
          const errors = enveloped.validate(enveloped.schema, document);
          if (errors.length > 0) return errors;
          const contextValue = await enveloped.contextFactory();
          const operation = {
            schema: enveloped.schema,
            document,
            source: payload.query,
            operationName: payload.operationName,
            variables: payload.variables,
          };
          const subscriber = { operation, outlet: new Outlet(id, extra.socket, wire) };
          contextValue.followShared = (feed, after, asker) => fanOut.follow(feed, after, subscriber, asker);
          return {
            schema: enveloped.schema,
            operationName: payload.operationName,
            document,
            variableValues: payload.variables,
            contextValue,
            rootValue: { execute: enveloped.execute, subscribe: enveloped.subscribe },
          };
        } catch (error) {
          // A mistake in one operation ends that operation; thrown on, it would end the socket with all the others.
          return [
            error instanceof GraphQLError ? error : new GraphQLError('Not executed', { originalError: error as Error }),
          ];
        }
      },
      // What never reached the envelope's own masking: refused operations, and sources that broke while they were followed.
      onError: (_context, _id, _payload, errors) => tell(errors),
      isProd: true,
    },
    server,
    KEEP_ALIVE_MS,
  );

  return {
    attach(http: Server): void {
      http.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
        socket.on('error', () => socket.destroy());
        const pathname = pathOf(request);
        if (pathname !== '/graphql' && !ofPages) return reject(socket, '404 Not Found', 'Sockets are at /graphql.');
        const notServed = hosts.whyNotServed(request);
        if (notServed !== null) return reject(socket, '421 Misdirected Request', notServed);
        // A browser always says where a page comes from; only our own may open a socket with its cookie.
        if (!hosts.isOwnOrigin(request))
          return reject(socket, '403 Forbidden', 'Sockets are opened by programs and by our own pages.');
        if (pathname !== '/graphql') return ofPages?.(request, socket, head);
        server.handleUpgrade(request, socket, head, (ws) => {
          wires.set(ws, socket);
          server.emit('connection', ws, request);
        });
      });
    },
    /** Tells every client to come back, and waits until they have gone. */
    async close(): Promise<void> {
      await disposable.dispose();
    },
  };
}

/** What Yoga's own types leave open. */
interface Enveloped {
  schema: GraphQLSchema;
  execute: (args: ExecutionArgs) => never;
  subscribe: (args: ExecutionArgs) => never;
  contextFactory: () => Promise<ApiContext>;
  parse: (source: string) => DocumentNode;
  validate: (schema: GraphQLSchema, document: DocumentNode) => readonly GraphQLError[];
}

/** An operation's only result and its end, as the two messages of graphql-transport-ws. */
function lastAnswer(id: string, data: object): Buffer {
  const message = (value: object): Buffer => textFrame(Buffer.from(JSON.stringify(value)));
  return Buffer.concat([message({ id, type: 'next', payload: { data } }), message({ id, type: 'complete' })]);
}

interface EnvelopedArgs extends ExecutionArgs {
  rootValue: { execute(args: ExecutionArgs): never; subscribe(args: ExecutionArgs): never };
}

function reject(socket: Duplex, status: string, why: string): void {
  socket.end(
    `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(why)}\r\n\r\n${why}`,
  );
}
