import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { createProxyServer } from 'httpxy';
import { CALLER_NOTE_HEADER, CSRF_HEADER, sessionCookieName } from '#contract/http-names.ts';
import type { Actor } from '#core/access/actor.ts';
import { authenticate } from '#core/access/sessions.ts';
import {
  BODY_TIMEOUT_MS,
  MAX_BODY_BYTES,
  MAX_RUNNER_BODY_BYTES,
  MAX_SOCKETS_AN_ACCOUNT,
  MAX_UPLOAD_BYTES,
  UPLOAD_TIMEOUT_MS,
} from '#core/config/limits.ts';
import { whyJsonTooLarge } from '#core/errors/json-size.ts';
import type { Core } from '#core/platform/core.ts';
import { newId } from '#core/platform/ids.ts';
import { SystemParts } from '#core/system/system-parts.ts';
import type { ApiContext } from './context.ts';
import { EXPLORER_PATH, serveExplorerFile, serveExplorerPage } from './explorer/serve-explorer.ts';
import { addressReader } from './http/address.ts';
import { isUploadTooLarge, limitSlowBody, parseOperation, readBody, refuse } from './http/body.ts';
import { CallerNotes } from './http/caller-notes.ts';
import { serveFile } from './http/files.ts';
import { isFromAnotherSite, servedHosts } from './http/hosts.ts';
import { answerPagesAway } from './http/pages-away.ts';
import { pathOf } from './http/path.ts';
import { RECORDING_PATH, serveRecording } from './http/recordings.ts';
import { readToken } from './http/token.ts';
import { requestIds } from './request-ids.ts';
import { watchFollowedRights } from './followed-rights.ts';
import type { Stream } from './open-streams.ts';
import { watchStreams } from './open-streams.ts';
import { watchRunners } from './runner-presence.ts';
import { DATABASE_AWAY, isDatabaseAway } from './unavailable.ts';
import { buildSchema } from './schema/schema.ts';
import { checkHealth } from './schema/health.ts';
import { openSockets } from './sockets.ts';
import { createGraphql } from './yoga.ts';

export interface ApiOptions {
  core: Core;
  host: string;
  port: number;
  /** Where pages come from; without it only the API is served. */
  webOrigin?: string | undefined;
  /** Whether sockets beside `/graphql` are web's. */
  hasWebSockets?: boolean;
  publicOrigin?: string | undefined;
  /** Further names that programs reach this one by. */
  hosts?: readonly string[];
  trustedProxies: readonly string[];
  isExplorable: boolean;
  /** How long the body of a request that is no upload may take. */
  bodyTimeoutMs?: number;
  /** What a supervisor says of the programs of this system; without one nothing is known of them. */
  parts?: SystemParts;
}

export interface ApiServer {
  port: number;
  /** Stops taking requests, tells sockets to go elsewhere, finishes what is under way. */
  close(): Promise<void>;
}

/** Who is on this machine may read what a program's log says; a whole network may not. */
const LOOPBACK: ReadonlySet<string> = new Set(['127.0.0.1', '::1']);

/** One origin for everything: `/graphql`, sockets, files, health, and the pages of web. */
export async function startApi(options: ApiOptions): Promise<ApiServer> {
  const { core, publicOrigin, parts = new SystemParts() } = options;
  const hosts = servedHosts(publicOrigin, options.hosts);
  const cookieName = sessionCookieName(publicOrigin?.startsWith('https:') ?? false);
  const peerAddressOf = addressReader(options.trustedProxies);
  const presence = watchRunners(core);
  const rights = watchFollowedRights(core);
  const streams = watchStreams(core);
  const schema = buildSchema();
  const yoga = createGraphql({ schema, logger: core.logger, isExplorable: options.isExplorable });
  const proxy = options.webOrigin ? createProxyServer({ target: options.webOrigin, xfwd: false }) : null;
  const sockets = openSockets({
    core,
    schema,
    yoga,
    streams,
    presence,
    rights,
    parts,
    hosts,
    cookieName,
    isExplorable: options.isExplorable,
    addressOf: peerAddressOf,
    ...(options.hasWebSockets && {
      // Whoever does not answer is the page's to notice: it tries again.
      ofPages: (request, socket, head) =>
        void proxy?.ws(request, socket as Socket, {}, head).catch(() => socket.destroy()),
    }),
  });
  const callers = new CallerNotes();
  const addressOf = (request: IncomingMessage): string =>
    callers.read(request.headers[CALLER_NOTE_HEADER]) ?? peerAddressOf(request);
  const answersThatGoOn = new Set<ServerResponse>();
  let isDraining = false;

  const server = createServer({ connectionsCheckingInterval: 2_000 }, (request, response) => {
    limitSlowBody(request, response, options.bodyTimeoutMs ?? BODY_TIMEOUT_MS);
    const requestId = newId();
    response.setHeader('x-request-id', requestId);
    requestIds.run(requestId, () => {
      handle(request, response, requestId).catch((error: unknown) => {
        // Who leaves in the middle of an upload or a download is no failure of ours.
        if (response.destroyed || (error as { code?: string }).code === 'ERR_STREAM_PREMATURE_CLOSE') return;
        const isAway = isDatabaseAway(error);
        if (isAway) core.logger.warn({ err: error, requestId }, 'The database did not answer');
        else
          core.logger.error({ err: error, requestId, url: request.url }, 'A request failed in a way nobody expected');
        if (response.headersSent) response.destroy();
        else if (isAway)
          refuse(response.setHeader('retry-after', '1'), 503, 'UNAVAILABLE', DATABASE_AWAY, { requestId });
        else
          refuse(
            response,
            500,
            'INTERNAL',
            'Something went wrong on the server. Its log has more under this request id.',
            { requestId },
          );
      });
    });
  });
  // Slow clients may not hold a connection for ever; sockets are not affected. Of all requests uploads may take longest.
  server.requestTimeout = UPLOAD_TIMEOUT_MS;
  server.headersTimeout = 20_000;
  // Longer than clients (runners: 30 s) and usual proxies keep an idle one: a connection is never closed from here just as a request comes.
  server.keepAliveTimeout = 75_000;
  sockets.attach(server);
  await listen(server, options.port, options.host);

  async function handle(request: IncomingMessage, response: ServerResponse, requestId: string): Promise<void> {
    const pathname = pathOf(request);
    if (pathname === null) return refuse(response, 400, 'BAD_USER_INPUT', 'The request names no path.');
    if (pathname === '/healthz') return answer(response, 200, { status: 'ok' });
    const notServed = hosts.whyNotServed(request);
    if (notServed !== null) return refuse(response, 421, 'BAD_USER_INPUT', notServed);
    if (pathname === '/graphql') return handleGraphql(request, response, requestId);
    if (options.isExplorable && pathname.startsWith(EXPLORER_PATH)) {
      if (!(await actorOfRequest(request))) return refuse(response, 401, 'UNAUTHENTICATED', 'Sign in first.');
      return serveExplorerFile(response, pathname);
    }
    const recording = RECORDING_PATH.exec(pathname);
    if (recording) {
      const isTrusted = readToken(request, cookieName)?.source === 'bearer' || hosts.isSameOriginRequest(request);
      return serveRecording(core, await actorOfRequest(request), request, response, recording, isTrusted);
    }
    if (pathname.startsWith('/files/'))
      return serveFile(core, await actorOfRequest(request), request, response, pathname);
    if (pathname === '/readyz') {
      const health = await checkHealth({ core });
      const isHere = LOOPBACK.has(peerAddressOf(request));
      return answer(response, health.database && !isDraining ? 200 : 503, {
        ...health,
        draining: isDraining,
        parts: parts.list().map((part) => (isHere ? part : { ...part, detail: null })),
      });
    }
    // Web would send a scraper to the sign-in page.
    if (pathname === '/metrics')
      return refuse(response, 404, 'NOT_FOUND', 'There are no metrics here; /readyz says how the system is.');
    if (!proxy) return refuse(response, 404, 'NOT_FOUND', 'This process serves the API only.');
    // Web believes what we say of the caller's address, so what the caller says of it is not passed on.
    const address = peerAddressOf(request);
    request.headers['x-forwarded-for'] = address;
    request.headers[CALLER_NOTE_HEADER] = callers.write(address);
    const isPublic = publicOrigin !== undefined && request.headers.origin === publicOrigin;
    request.headers['x-forwarded-host'] = isPublic ? new URL(publicOrigin).host : request.headers.host;
    request.headers['x-forwarded-proto'] = publicOrigin?.startsWith('https:') ? 'https' : 'http';
    return proxy.web(request, response).catch((error: unknown) => {
      core.logger.warn({ err: error, requestId }, 'The web process did not answer');
      if (!response.headersSent) answerPagesAway(request, response);
      else response.destroy();
    });
  }

  async function handleGraphql(request: IncomingMessage, response: ServerResponse, requestId: string): Promise<void> {
    const token = readToken(request, cookieName);
    // A cookie is sent by the browser whoever asks; a bearer token only by who has it.
    // A link from elsewhere may show the explorer's page, and have nothing executed.
    const isPage =
      request.method === 'GET' && !new URL(request.url ?? '/', 'http://here.invalid').searchParams.has('query');
    const isTrusted = request.method === 'GET' ? !isFromAnotherSite(request) : hosts.isSameOriginRequest(request);
    if (token?.source === 'cookie' && !isPage && !isTrusted) {
      return refuse(
        response,
        403,
        'CSRF_REJECTED',
        `A request with the session cookie needs the header ${CSRF_HEADER} and must come from this origin.`,
      );
    }
    const actor = token ? await authenticate(core, token.token) : null;
    if (token?.source === 'bearer' && !actor)
      return refuse(response, 401, 'UNAUTHENTICATED', 'This token is unknown, expired or revoked.');
    if (isPage && options.isExplorable && (request.headers.accept ?? '').includes('text/html')) {
      if (actor) return serveExplorerPage(response);
      if (!proxy) return refuse(response, 401, 'UNAUTHENTICATED', 'Sign in first.');
      response.writeHead(302, { location: '/sign-in?next=/graphql' }).end();
      return;
    }
    if (request.method === 'POST') {
      const type = (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase();
      if (type === 'multipart/form-data') {
        // Nobody's upload would be held in memory before it is refused.
        if (!actor) return refuse(response, 401, 'UNAUTHENTICATED', 'Sign in first.');
        if (isUploadTooLarge(request))
          return refuse(
            response,
            413,
            'PAYLOAD_TOO_LARGE',
            `An upload says its length and has at most ${MAX_UPLOAD_BYTES} bytes.`,
            { limit: MAX_UPLOAD_BYTES },
          );
      } else if (type === 'application/json' || type === 'application/graphql-response+json') {
        const limit = actor?.kind === 'runner' ? MAX_RUNNER_BODY_BYTES : MAX_BODY_BYTES;
        const body = await readBody(request, limit);
        if (!body)
          return refuse(response, 413, 'PAYLOAD_TOO_LARGE', `A request has at most ${limit} bytes.`, { limit });
        const operation = parseOperation(body);
        if (!operation) return refuse(response, 400, 'BAD_USER_INPUT', 'The body of the request is not a JSON object.');
        const tooLarge = whyJsonTooLarge(operation);
        if (tooLarge) return refuse(response, 400, 'BAD_USER_INPUT', tooLarge);
        // The stream is used up; the adapter takes the operation from here. Given the bytes instead, it would make a
        // list of all their indices to see whether there are any: a quarter of this process's time under load.
        Object.assign(request, { body: operation });
      } else {
        return refuse(
          response,
          415,
          'UNSUPPORTED_MEDIA_TYPE',
          'Send application/json, or multipart/form-data for uploads.',
        );
      }
    }
    const isStream = (request.headers.accept ?? '').includes('text/event-stream');
    if (isStream && token && actor) {
      const stream: Stream = { end: () => response.destroy(), onceClosed: (work) => response.once('close', work) };
      streams.remember(token.token, stream);
      if (!streams.count(actor, stream))
        return refuse(
          response,
          429,
          'RATE_LIMITED',
          `At most ${MAX_SOCKETS_AN_ACCOUNT} sockets and event streams an account.`,
        );
      answersThatGoOn.add(response);
      stream.onceClosed(() => answersThatGoOn.delete(response));
    }
    const context: ApiContext = {
      core,
      presence,
      rights,
      parts,
      transport: isStream ? 'events' : 'http',
      actor,
      requestId,
      followShared: null,
      address: addressOf(request),
    };
    await yoga(request, response, context);
  }

  async function actorOfRequest(request: IncomingMessage): Promise<Actor | null> {
    const token = readToken(request, cookieName);
    return token ? authenticate(core, token.token) : null;
  }

  return {
    port: (server.address() as { port: number }).port,
    async close() {
      isDraining = true;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      await sockets.close();
      presence.close();
      rights.close();
      streams.close();
      for (const response of answersThatGoOn) response.end();
      server.closeIdleConnections();
      const impatience = setTimeout(() => server.closeAllConnections(), 5_000);
      await closed;
      clearTimeout(impatience);
      await yoga.dispose();
    },
  };
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' });
  response.end(JSON.stringify(body));
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
