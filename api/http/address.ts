import type { IncomingMessage } from 'node:http';

/**
 * The caller's address. A forwarded one counts only when the peer is trusted: the last entry that is not a
 * trusted proxy's own.
 */
export function clientAddress(request: IncomingMessage, trustedProxies: readonly string[]): string {
  const peer = normalise(request.socket.remoteAddress ?? 'unknown');
  const header = request.headers['x-forwarded-for'];
  if (!trustedProxies.includes(peer) || header === undefined) return peer;
  const hops = String(header)
    .split(',')
    .map((hop) => normalise(hop.trim()))
    .filter(Boolean);
  return hops.findLast((hop) => !trustedProxies.includes(hop)) ?? hops[0] ?? peer;
}

/** An IPv4 address that came in over IPv6 is the same address. */
function normalise(address: string): string {
  return address.replace(/^::ffff:/, '');
}
