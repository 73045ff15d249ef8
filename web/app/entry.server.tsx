import { PassThrough } from 'node:stream';
import { constants, createGzip } from 'node:zlib';
import { createReadableStreamFromReadable, type AppLoadContext, type EntryContext } from '@remix-run/node';
import { RemixServer } from '@remix-run/react';
import { isbot } from 'isbot';
import { renderToPipeableStream } from 'react-dom/server';
import { NonceProvider } from './lib/nonce.tsx';

const STREAM_TIMEOUT_MS = 5_000;
const RENDER_TIMEOUT_MS = STREAM_TIMEOUT_MS + 1_000;

export const streamTimeout = STREAM_TIMEOUT_MS;

export default function handleRequest(
  request: Request,
  status: number,
  headers: Headers,
  remix: EntryContext,
  context: AppLoadContext,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    let hasSentShell = false;
    const answer = (): void => {
      hasSentShell = true;
      const body = new PassThrough();
      headers.set('Content-Type', 'text/html; charset=utf-8');
      headers.set('Vary', 'Accept-Encoding');
      const isCompressed = /\bgzip\b/.test(request.headers.get('accept-encoding') ?? '');
      if (isCompressed) headers.set('Content-Encoding', 'gzip');
      // Flushed with every piece, so that streaming stays streaming.
      const sent = isCompressed ? body.pipe(createGzip({ flush: constants.Z_SYNC_FLUSH })) : body;
      resolve(new Response(createReadableStreamFromReadable(sent), { status, headers }));
      pipe(body);
    };
    const isBot = isbot(request.headers.get('user-agent'));
    const { pipe, abort } = renderToPipeableStream(
      <NonceProvider value={context.cspNonce}>
        <RemixServer context={remix} url={request.url} nonce={context.cspNonce} abortDelay={STREAM_TIMEOUT_MS} />
      </NonceProvider>,
      {
        nonce: context.cspNonce,
        ...(isBot ? { onAllReady: answer } : { onShellReady: answer }),
        onShellError: reject,
        onError(error) {
          // Before the shell is out the rejection reaches handleError by itself.
          if (hasSentShell) handleError(error, { request });
        },
      },
    );
    setTimeout(abort, RENDER_TIMEOUT_MS).unref();
  });
}

/** A fault of a loader or of rendering: logged once, here. */
export function handleError(error: unknown, { request }: { request: Request }): void {
  if (request.signal.aborted) return;
  const { pathname } = new URL(request.url);
  const facts = error instanceof Error ? { err: error.message, stack: error.stack } : { err: String(error) };
  process.stderr.write(
    `${JSON.stringify({ level: 'error', time: new Date().toISOString(), service: 'web', msg: 'page failed', method: request.method, path: pathname, ...facts })}\n`,
  );
}
