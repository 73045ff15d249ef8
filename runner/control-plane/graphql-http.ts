import { openAsBlob } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { RefusedError, TransientError } from './control-plane.ts';
import type { TypedDocumentString } from './gql/graphql.ts';

const REQUEST_TIMEOUT_MS = 30_000;
/** Connections are kept for the next request, but not so long that the server may just be closing them. */
const IDLE_CONNECTION_MS = 30_000;
const UPLOAD_TIMEOUT_MS = 120_000;

/** Codes after which the same request may well succeed: the server, or what it stands on, is away or busy. */
const TRANSIENT_CODES: readonly string[] = ['UNAVAILABLE', 'RATE_LIMITED', 'INTERNAL'];

interface Answer<Result> {
  data?: Result | null;
  errors?: { message: string; extensions?: { code?: string } }[];
}

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
    return readAnswer<Result>(await this.orAway(this.post(body, timeoutMs)));
  }

  /** Sends a file by the multipart request specification; `variables.input.file` is its place. */
  async upload<Result>(document: TypedDocumentString<Result, never>, variables: { input: object }, file: { path: string; name: string; mediaType: string }): Promise<Result> {
    const form = new FormData();
    form.set('operations', JSON.stringify({ query: document.toString(), variables: { input: { ...variables.input, file: null } } }));
    form.set('map', JSON.stringify({ 0: ['variables.input.file'] }));
    form.set('0', await openAsBlob(file.path, { type: file.mediaType }), file.name);
    return readAnswer<Result>(await this.orAway(this.postForm(form)));
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
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        response.once('error', reject).once('end', () => resolve({ status: response.statusCode ?? 0, text }));
      });
      request.end(bytes);
    });
  }

  private async postForm(body: FormData): Promise<HttpAnswer> {
    const response = await fetch(this.url, {
      method: 'POST', headers: { authorization: `Bearer ${this.token}`, accept: 'application/json', 'x-overmind-csrf': '1' }, body, redirect: 'error', signal: AbortSignal.timeout(UPLOAD_TIMEOUT_MS),
    });
    return { status: response.status, text: await response.text() };
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

interface HttpAnswer {
  status: number;
  text: string;
}

/** @throws TransientError or RefusedError */
function readAnswer<Result>({ status, text }: HttpAnswer): Result {
  const answer = parseAnswer<Result>(status, text);
  const [error] = answer.errors ?? [];
  if (error) {
    const code = error.extensions?.code ?? 'INTERNAL';
    if (TRANSIENT_CODES.includes(code) || status >= 500) throw new TransientError(`The control plane answered ${code}: ${error.message}`);
    throw new RefusedError(code, error.message);
  }
  if (answer.data === undefined || answer.data === null) throw new TransientError(`The control plane answered ${status} without data`);
  return answer.data;
}

function parseAnswer<Result>(status: number, text: string): Answer<Result> {
  try {
    return JSON.parse(text) as Answer<Result>;
  } catch (error) {
    // A proxy's error page, or an answer that was cut off.
    const message = `Expected JSON from the control plane, found ${status} ${text.slice(0, 100)}`;
    if (status >= 400 && status < 500) throw new RefusedError(String(status), message, { cause: error });
    throw new TransientError(message, { cause: error });
  }
}
