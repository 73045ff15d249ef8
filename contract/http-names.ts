/** A request with the session cookie has this header, whatever its value: a page of another origin can not set it. */
export const CSRF_HEADER = 'x-overmind-csrf';

/** In it web hands on the api's own note of whose request it answers. */
export const CALLER_NOTE_HEADER = 'x-overmind-caller';

/** Web gives the cookie, the api reads it. With TLS, browsers take one of this name from this host alone. */
export function sessionCookieName(isHttps: boolean): string {
  return isHttps ? '__Host-ovm_session' : 'ovm_session';
}
