import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { CSRF_HEADER } from '#contract/http-names.ts';

export interface Hosts {
  /** Why a request is not served, with the setting to change; null: its Host is one of ours. */
  whyNotServed(request: IncomingMessage): string | null;
  /** Whether a page that makes this request is ours, as far as its Origin says. Programs have none. */
  isOwnOrigin(request: IncomingMessage): boolean;
  /**
   * Whether a request that is authenticated by cookie was made by our own pages: it has the custom header, which
   * another origin can not send without being allowed to, and the browser does not say otherwise.
   */
  isSameOriginRequest(request: IncomingMessage): boolean;
}

/**
 * The names this system is served at: the public origin's, this machine's own, and addresses. Any other name may be one
 * that somebody has pointed here, so that a page of his own is of the same origin as ours (DNS rebinding).
 * @param names further names, for programs in a network of their own
 */
export function servedHosts(publicOrigin: string | undefined, names: readonly string[] = []): Hosts {
  const publicHost = publicOrigin === undefined ? null : new URL(publicOrigin).host;
  const known = new Set(names.map((name) => name.toLowerCase()));
  const isServed = (host: string): boolean => {
    if (host === publicHost) return true;
    const name = nameOf(host);
    return name !== null && (known.has(name) || name === 'localhost' || name.endsWith('.localhost') || isAddress(name));
  };
  const hostOf = (request: IncomingMessage): string => (request.headers.host ?? '').toLowerCase();
  const isOwnOrigin = (request: IncomingMessage): boolean => {
    const { origin } = request.headers;
    if (origin === undefined) return true;
    const host = hostOf(request);
    if (!isServed(host)) return false;
    // A proxy may have put its own idea of our name into Host; at the public name only the public scheme is ours.
    return origin === publicOrigin || (host !== publicHost && origin === `http://${host}`);
  };
  return {
    whyNotServed(request) {
      const host = hostOf(request);
      if (isServed(host)) return null;
      return nameOf(host) === null
        ? 'The request names no host.'
        : `This system is not served as ${host}. If it should be, set OVERMIND_PUBLIC_ORIGIN to the address that browsers use, such as http://${host}, or for programs name ${nameOf(host)} in OVERMIND_HOSTS.`;
    },
    isOwnOrigin,
    isSameOriginRequest: (request) =>
      !isFromAnotherSite(request) && request.headers[CSRF_HEADER] !== undefined && isOwnOrigin(request),
  };
}

/** What browsers say of who has a request made; `none` is the person, by the address bar or a bookmark. */
export function isFromAnotherSite(request: IncomingMessage): boolean {
  const site = request.headers['sec-fetch-site'];
  return site !== undefined && site !== 'same-origin' && site !== 'none';
}

function nameOf(host: string): string | null {
  return /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::\d{1,5})?$/.exec(host)?.[1] ?? null;
}

function isAddress(name: string): boolean {
  return isIP(name.replace(/^\[(.*)\]$/, '$1')) !== 0;
}
