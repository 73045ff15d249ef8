import { readFile } from 'node:fs/promises';
import http from 'node:http';
import https from 'node:https';
import { readAnswer, type HttpAnswer } from './answers.ts';
import { TransientError } from './control-plane.ts';
import type { TypedDocumentString } from './gql/graphql.ts';

const REQUEST_TIMEOUT_MS = 30_000;
/** Connections are kept for the next request, but not so long that the server may just be closing them. */
const IDLE_CONNECTION_MS = 30_000;
const UPLOAD_TIMEOUT_MS = 120_000;
/** No answer of ours is as long; whatever sends more is not the control plane. */
const MAX_ANSWER_CHARS = 32 * 1024 * 1024;

/** GraphQL over HTTP with the runner's token. Repeats nothing itself: what may be repeated is a `TransientError`. */
export class GraphqlHttp {
  private readonly transport: typeof http | typeof https;
  private readonly agent: http.Agent;

  constructor(private readonly url: string, private readonly token: string) {
    this.transport = url.startsWith('https:') ? https : http;
    this.agent = new this.transport.Agent({ keepAlive: true, timeout: IDLE_CONNECTION_MS });
  }

  /** @throws TransientError or RefusedError */
  async request<Result, Variables>(document: TypedDocumentString<Result, Variables>, variables: Variables, timeoutMs = REQUEST_TIMEOUT_MS): Promise<Result> {
    const body = JSON.stringify({ query: document.toString(), variables });
    return readAnswer<Result>(await this.orAway(this.post(body, timeoutMs)), rootField(document));
  }

  /**
   * Sends a file by the multipart request specification; `variables.input.file` is its place.
   * @throws TransientError or RefusedError, the file system's error when the file can not be read
   */
  async upload<Result>(document: TypedDocumentString<Result, never>, variables: { input: object }, file: { path: string; name: string; mediaType: string }): Promise<Result> {
    const form = new FormData();
    form.set('operations', JSON.stringify({ query: document.toString(), variables: { input: { ...variables.input, file: null } } }));
    form.set('map', JSON.stringify({ 0: ['variables.input.file'] }));
    // Read whole, before anything is sent: a file that can not be read would look like a network that fails.
    form.set('0', new Blob([await readFile(file.path)], { type: file.mediaType }), file.name);
    return readAnswer<Result>(await this.orAway(this.postForm(form)), rootField(document));
  }

  /** A log line is under way while this runs: fetch would take twice the processor (bench/log-latency.ts). */
  private post(body: string, timeoutMs: number): Promise<HttpAnswer> {
    const bytes = Buffer.from(body);
    return new Promise((resolve, reject) => {
      const request = this.transport.request(this.url, {
        method: 'POST', agent: this.agent, signal: AbortSignal.timeout(timeoutMs),
        headers: { authorization: `Bearer ${this.token}`, accept: 'application/json', 'content-type': 'application/json', 'content-length': bytes.length },
      });
      request.once('error', reject).once('response', (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
          if (text.length > MAX_ANSWER_CHARS) response.destroy(new Error('the answer has no end'));
        });
        response.once('error', reject).once('end', () => resolve({ status: response.statusCode ?? 0, text, retryAfter: response.headers['retry-after'] ?? null }));
        // Cut off in the middle: neither an end nor an error is sure to follow.
        response.once('close', () => reject(new Error('the answer was cut off')));
      });
      request.end(bytes);
    });
  }

  private async postForm(body: FormData): Promise<HttpAnswer> {
    const response = await fetch(this.url, {
      method: 'POST', headers: { authorization: `Bearer ${this.token}`, accept: 'application/json', 'x-overmind-csrf': '1' }, body, redirect: 'error', signal: AbortSignal.timeout(UPLOAD_TIMEOUT_MS),
    });
    return { status: response.status, text: await response.text(), retryAfter: response.headers.get('retry-after') };
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
  if (found === undefined) throw new Error(`Expected an operation with a field, found ${document.toString().slice(0, 100)}`);
  return found;
}
