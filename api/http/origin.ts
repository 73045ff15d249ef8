import type { IncomingMessage } from 'node:http';

/** The origins a browser may speak to us from: the public one, or whatever host the request names itself. */
export function isOwnOrigin(request: IncomingMessage, publicOrigin: string | undefined): boolean {
  const origin = request.headers.origin;
  if (origin === undefined) return true;
  if (publicOrigin !== undefined && origin === publicOrigin) return true;
  const host = request.headers.host;
  return host !== undefined && (origin === `http://${host}` || origin === `https://${host}`);
}

/**
 * Whether a request that is authenticated by cookie was made by our own pages: it has the custom header, which
 * another origin can not send without being allowed to, and the browser does not say otherwise.
 */
export function isSameOriginRequest(request: IncomingMessage, publicOrigin: string | undefined): boolean {
  const site = request.headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return false;
  return request.headers['x-overmind-csrf'] !== undefined && isOwnOrigin(request, publicOrigin);
}
