import { openAsBlob } from 'node:fs';
import { RefusedError, TransientError } from './control-plane.ts';
import type { TypedDocumentString } from './gql/graphql.ts';

const REQUEST_TIMEOUT_MS = 30_000;
const UPLOAD_TIMEOUT_MS = 120_000;

/** Codes after which the same request may well succeed: the server, or what it stands on, is away or busy. */
const TRANSIENT_CODES: readonly string[] = ['UNAVAILABLE', 'RATE_LIMITED', 'INTERNAL'];

interface Answer<Result> {
  data?: Result | null;
  errors?: { message: string; extensions?: { code?: string } }[];
}

/** GraphQL over HTTP with the runner's token. Repeats nothing itself: what may be repeated is a `TransientError`. */
export class GraphqlHttp {
  constructor(private readonly url: string, private readonly token: string) {}

  /** @throws TransientError or RefusedError */
  async request<Result, Variables>(document: TypedDocumentString<Result, Variables>, variables: Variables, timeoutMs = REQUEST_TIMEOUT_MS): Promise<Result> {
    return this.send<Result>({ 'content-type': 'application/json' }, JSON.stringify({ query: document.toString(), variables }), timeoutMs);
  }

  /** Sends a file by the multipart request specification; `variables.input.file` is its place. */
  async upload<Result>(document: TypedDocumentString<Result, never>, variables: { input: object }, file: { path: string; name: string; mediaType: string }): Promise<Result> {
    const form = new FormData();
    form.set('operations', JSON.stringify({ query: document.toString(), variables: { input: { ...variables.input, file: null } } }));
    form.set('map', JSON.stringify({ 0: ['variables.input.file'] }));
    form.set('0', await openAsBlob(file.path, { type: file.mediaType }), file.name);
    return this.send<Result>({ 'x-overmind-csrf': '1' }, form, UPLOAD_TIMEOUT_MS);
  }

  private async send<Result>(headers: Record<string, string>, body: string | FormData, timeoutMs: number): Promise<Result> {
    const { status, text } = await this.post(headers, body, timeoutMs);
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

  private async post(headers: Record<string, string>, body: string | FormData, timeoutMs: number): Promise<{ status: number; text: string }> {
    try {
      const response = await fetch(this.url, {
        method: 'POST', headers: { authorization: `Bearer ${this.token}`, accept: 'application/json', ...headers }, body, redirect: 'error', signal: AbortSignal.timeout(timeoutMs),
      });
      return { status: response.status, text: await response.text() };
    } catch (error) {
      const why = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
      throw new TransientError(`The control plane at ${this.url} can not be reached: ${why}`, { cause: error });
    }
  }
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
