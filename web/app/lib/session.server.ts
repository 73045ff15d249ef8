import { sessionCookieName } from '#contract/http-names.ts';

/** The session token out of a Cookie header, or null. */
export function readSessionToken(cookieHeader: string | null, isHttps: boolean): string | null {
  return new RegExp(`(?:^|;\\s*)${sessionCookieName(isHttps)}=([A-Za-z0-9_-]+)`).exec(cookieHeader ?? '')?.[1] ?? null;
}

/** HttpOnly, so that no script can read it; Lax, so that no other site's form can use it. */
export function sessionCookie(token: string, { expiresAt, isHttps }: { expiresAt: Date; isHttps: boolean }): string {
  return `${sessionCookieName(isHttps)}=${token}; Path=/; HttpOnly; SameSite=Lax; Expires=${expiresAt.toUTCString()}${isHttps ? '; Secure' : ''}`;
}

export function endedSessionCookie(isHttps: boolean): string {
  return `${sessionCookieName(isHttps)}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0${isHttps ? '; Secure' : ''}`;
}

/** Where to go after signing in: a path on this site, never an address that somebody put into a link. */
export function safeNextPath(next: string | null): string {
  if (!next?.startsWith('/') || next.startsWith('//') || next.includes('\\') || next.startsWith('/sign-'))
    return '/projects';
  return URL.canParse(next, 'http://here.invalid') && new URL(next, 'http://here.invalid').host === 'here.invalid'
    ? next
    : '/projects';
}

/** The address at which the session's cookie is this system's own; null: it is so already. */
export function ownHostAddress(requestUrl: string): string | null {
  const { hostname, port, protocol } = new URL(requestUrl);
  if (!['localhost', '127.0.0.1', '[::1]'].includes(hostname)) return null;
  return `${protocol}//overmind.localhost${port ? `:${port}` : ''}`;
}
