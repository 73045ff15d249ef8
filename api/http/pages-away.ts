import type { IncomingMessage, ServerResponse } from 'node:http';
import { refuse } from './body.ts';

/** The supervisor starts web again after half a second the first time; later pauses are longer. */
const RETRY_S = 3;

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="dark light">
<meta http-equiv="refresh" content="${RETRY_S}">
<title>OvermindOps</title>
<style>body { font: 16px/1.5 system-ui, sans-serif; display: grid; place-content: center; min-height: 90vh; margin: 0 1.5rem; } p { max-width: 34rem; }</style>
</head>
<body>
<main>
<h1>The pages are away for a moment</h1>
<p>The program that makes them has ended and is being started again. Nothing else is affected: agents go on with their work, and
what they print is kept. This page tries again by itself every ${RETRY_S} seconds.</p>
</main>
</body>
</html>
`;

/** Answers for the web program while it does not: in words for who reads a page, as an error for programs. */
export function answerPagesAway(request: IncomingMessage, response: ServerResponse): void {
  response.setHeader('retry-after', String(RETRY_S));
  response.setHeader('cache-control', 'no-store');
  if (!(request.headers.accept ?? '').includes('text/html')) {
    return refuse(response, 503, 'UNAVAILABLE', 'The pages are not being served at the moment; the API is.');
  }
  response.writeHead(503, {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': `default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'`,
    'x-content-type-options': 'nosniff',
    connection: 'close',
  });
  response.end(request.method === 'HEAD' ? undefined : PAGE);
}
