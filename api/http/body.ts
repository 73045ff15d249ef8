import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ErrorCode } from '#core/errors/errors.ts';
import { MAX_UPLOAD_BYTES } from '#core/config/limits.ts';

/** Answers a request that never reaches GraphQL with an error of the same form. */
export function refuse(
  response: ServerResponse,
  status: number,
  code: ErrorCode,
  message: string,
  extra: Record<string, unknown> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', connection: 'close' });
  response.end(JSON.stringify({ errors: [{ message, extensions: { code, ...extra } }] }));
}

/**
 * Reads a JSON body up to the limit, whatever its headers claim.
 * @returns null when it is too large: the rest is not read
 */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer | null> {
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) return null;
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.byteLength;
    if (size > maxBytes) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** @returns null for what is no JSON object, or an empty one */
export function parseOperation(body: Buffer): object | null {
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
  return typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length > 0
    ? value
    : null;
}

/** Ends a request whose body does not come: but for uploads, which may be large and have a limit of their own. */
export function limitSlowBody(request: IncomingMessage, response: ServerResponse, timeoutMs: number): void {
  if (request.complete || (request.headers['content-type'] ?? '').startsWith('multipart/form-data')) return;
  const timer = setTimeout(() => {
    if (request.complete) return;
    if (response.headersSent) {
      request.destroy();
      return;
    }
    response.once('finish', () => request.destroy());
    refuse(response, 408, 'BAD_USER_INPUT', 'The body of the request did not come in time.');
  }, timeoutMs);
  response.once('close', () => clearTimeout(timer));
}

/** Uploads are streamed, so they must say their length beforehand. */
export function isUploadTooLarge(request: IncomingMessage): boolean {
  const length = Number(request.headers['content-length'] ?? Number.POSITIVE_INFINITY);
  return !(length <= MAX_UPLOAD_BYTES);
}
