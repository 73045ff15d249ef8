import type { IncomingMessage } from 'node:http';

/** Where a request's token came from decides whether it must prove that our own page made it. */
export function readToken(
  request: IncomingMessage,
  cookieName: string,
): { token: string; source: 'bearer' | 'cookie' } | null {
  // Whatever stands after the word: what is no token is refused, not passed over for a cookie.
  const bearer = /^Bearer +(.*)$/i.exec(request.headers.authorization ?? '')?.[1];
  if (bearer !== undefined) return { token: bearer, source: 'bearer' };
  for (const part of (request.headers.cookie ?? '').split(';')) {
    const [name, ...value] = part.trim().split('=');
    if (name === cookieName) return { token: value.join('='), source: 'cookie' };
  }
  return null;
}
