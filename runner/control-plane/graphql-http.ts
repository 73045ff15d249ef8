import { readFile } from 'node:fs/promises';
import http from 'node:http';
import https from 'node:https';
import { CSRF_HEADER } from '#contract/http-names.ts';
import { cutText } from '#contract/cut-text.ts';
import { readAnswer, type HttpAnswer, type Answered } from './answers.ts';
import { TransientError } from './control-plane.ts';
import type { TypedDocumentString } from './gql/graphql.ts';

/** The API gives an operation 10 s; what takes longer is the way there. */
const REQUEST_TIMEOUT_MS = 12_000;
/** Connections are kept for the next request, but not so long that the server may just be closing them. */
const IDLE_CONNECTION_MS = 30_000;
/** A file on the slowest way that is worth waiting for; on one that is dead, a small file is sent again soon. */
const SLOWEST_UPLOAD_BYTES_A_MS = 64;
/** No answer of ours is as long; whatever sends more is not the control plane. */
const MAX_ANSWER_CHARS = 32 * 1024 * 1024;
/** Of a document, for a message. */
const MAX_SHOWN_CHARS = 100;

/** @returns how long an upload of so many bytes may take */
export function uploadTimeoutMs(bytes: number): number {
  return REQUEST_TIMEOUT_MS + Math.ceil(bytes / SLOWEST_UPLOAD_BYTES_A_MS);
}

/** GraphQL over HTTP with the runner's token. Repeats nothing itself: what may be repeated is a `TransientError`. */
export class GraphqlHttp {
  private readonly transport: typeof http | typeof https;
  private agent: http.Agent;

  constructor(
    private readonly url: string,
    private readonly token: string,
  ) {
    this.transport = url.startsWith('https:') ? https : http;
    this.agent = this.newAgent();
  }

  /** @throws TransientError or RefusedError */
  async request<Result, Variables>(
    document: TypedDocumentString<Result, Variables>,
    variables: Variables,
    timeoutMs = REQUEST_TIMEOUT_MS,
  ): Promise<Answered<Result>> {
    const body = JSON.stringify({ query: document.toString(), variables });
    return readAnswer<Result>(
      await this.orAway(this.post(Buffer.from(body), { 'content-type': 'application/json' }, timeoutMs)),
      rootField(document),
    );
  }

  /**
   * Sends a file by the multipart request specification; `variables.input.file` is its place.
   * @throws TransientError or RefusedError, the file system's error when the file can not be read
   */
  async upload<Result>(
    document: TypedDocumentString<Result, never>,
    variables: { input: object },
    file: { path: string; name: string; mediaType: string },
  ): Promise<Answered<Result>> {
    const form = new FormData();
    form.set(
      'operations',
      JSON.stringify({ query: document.toString(), variables: { input: { ...variables.input, file: null } } }),
    );
    form.set('map', JSON.stringify({ 0: ['variables.input.file'] }));
    // Read whole, before anything is sent: a file that can not be read would look like a network that fails.
    form.set('0', new Blob([await readFile(file.path)], { type: file.mediaType }), file.name);
    const encoded = new Response(form);
    const headers = { 'content-type': encoded.headers.get('content-type') ?? '', [CSRF_HEADER]: '1' };
    const body = Buffer.from(await encoded.arrayBuffer());
    return readAnswer<Result>(
      await this.orAway(this.post(body, headers, uploadTimeoutMs(body.length))),
      rootField(document),
    );
  }

  /** A log line is under way while this runs: fetch would take twice the processor (bench/log-latency.ts). */
  private async post(bytes: Buffer, headers: Record<string, string>, timeoutMs: number): Promise<HttpAnswer> {
    const signal = AbortSignal.timeout(timeoutMs);
    try {
      return await this.send(bytes, headers, signal);
    } catch (error) {
      if (signal.aborted) this.leaveConnections();
      throw error;
    }
  }

  /**
   * One connection that no answer came over is a sign that those which wait for use lead nowhere either: half-open ones
   * never say so, and each would cost the next request its time. What is under way over others goes on.
   */
  private leaveConnections(): void {
    const { freeSockets } = this.agent;
    this.agent = this.newAgent();
    for (const sockets of Object.values(freeSockets)) for (const socket of sockets ?? []) socket.destroy();
  }

  private newAgent(): http.Agent {
    return new this.transport.Agent({ keepAlive: true, timeout: IDLE_CONNECTION_MS });
  }

  private send(bytes: Buffer, headers: Record<string, string>, signal: AbortSignal): Promise<HttpAnswer> {
    return new Promise((resolve, reject) => {
      const request = this.transport.request(this.url, {
        method: 'POST',
        agent: this.agent,
        signal,
        headers: {
          authorization: `Bearer ${this.token}`,
          accept: 'application/json',
          ...headers,
          'content-length': bytes.length,
        },
      });
      request.once('error', reject).once('response', (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
          if (text.length > MAX_ANSWER_CHARS) response.destroy(new Error('the answer has no end'));
        });
        response
          .once('error', reject)
          .once('end', () =>
            resolve({ status: response.statusCode ?? 0, text, retryAfter: response.headers['retry-after'] ?? null }),
          );
        // Cut off in the middle: neither an end nor an error is sure to follow.
        response.once('close', () => reject(new Error('the answer was cut off')));
      });
      request.end(bytes);
    });
  }

  /** Whatever happens on the way, the same call is worth repeating. */
  private async orAway(answer: Promise<HttpAnswer>): Promise<HttpAnswer> {
    try {
      return await answer;
    } catch (error) {
      const why = error instanceof Error ? (error.cause instanceof Error ? error.cause : error).message : String(error);
      throw new TransientError(`The control plane at ${this.url} can not be reached: ${why}`, { cause: error });
    }
  }
}

/** The first field that an operation asks for: its answer has to have it. */
function rootField(document: { toString(): string }): string {
  const found = /\{\s*(\w+)/.exec(document.toString())?.[1];
  if (found === undefined)
    throw new Error(`Expected an operation with a field, found ${cutText(document.toString(), MAX_SHOWN_CHARS)}`);
  return found;
}
