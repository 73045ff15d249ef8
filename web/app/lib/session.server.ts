export const SESSION_COOKIE = 'ovm_session';

/** The session token out of a Cookie header, or null. */
export function readSessionToken(cookieHeader: string | null): string | null {
  return new RegExp(`(?:^|;\\s*)${SESSION_COOKIE}=([A-Za-z0-9_-]+)`).exec(cookieHeader ?? '')?.[1] ?? null;
}

/** HttpOnly, so that no script can read it; Lax, so that no other site's form can use it. */
export function sessionCookie(token: string, { expiresAt, isHttps }: { expiresAt: Date; isHttps: boolean }): string {
  return `${SESSION_COOKIE}=${token}; Path=/; HttpOnly; SameSite=Lax; Expires=${expiresAt.toUTCString()}${isHttps ? '; Secure' : ''}`;
}

export function endedSessionCookie(isHttps: boolean): string {
  return `${SESSION_COOKIE}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0${isHttps ? '; Secure' : ''}`;
}

/** Refuses forms that another site posted. Browsers say where a request comes from in at least one of the two headers. */
export function assertSameOrigin(request: Request): void {
  const site = request.headers.get('sec-fetch-site');
  const origin = request.headers.get('origin');
  const isSame = site
    ? site === 'same-origin'
    : origin !== null && origin !== 'null' && new URL(origin).host === new URL(request.url).host;
  if (!isSame) throw new Response('This form was sent from another site.', { status: 403 });
}

/** Where to go after signing in: a path on this site, never an address that somebody put into a link. */
export function safeNextPath(next: string | null): string {
  if (!next?.startsWith('/') || next.startsWith('//') || next.includes('\\') || next.startsWith('/sign-'))
    return '/projects';
  return URL.canParse(next, 'http://here.invalid') && new URL(next, 'http://here.invalid').host === 'here.invalid'
    ? next
    : '/projects';
}
