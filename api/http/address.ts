import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';

export type AddressOf = (request: IncomingMessage) => string;

/**
 * Reads callers' addresses. A forwarded one counts only when the peer is trusted: then, from the last entry backwards,
 * the first that is no trusted proxy's own. What stands before it anybody may have written.
 * @param trustedProxies addresses, and networks such as 10.0.0.0/8
 */
export function addressReader(trustedProxies: readonly string[]): AddressOf {
  const trusted = new BlockList();
  for (const proxy of trustedProxies) {
    const [address = '', prefix] = proxy.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    if (prefix === undefined) trusted.addAddress(address, family);
    else trusted.addSubnet(address, Number(prefix), family);
  }
  const isTrusted = (address: string): boolean => trusted.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');

  return (request) => {
    let address = plain(request.socket.remoteAddress ?? '') ?? 'unknown';
    const hops = String(request.headers['x-forwarded-for'] ?? '').split(',');
    while (isIP(address) !== 0 && isTrusted(address)) {
      const hop = plain(hops.pop() ?? '');
      // No more of them, or none that is an address: the last one that was said by somebody trusted stands.
      if (hop === null) break;
      address = hop;
    }
    return address;
  };
}

/** Without port, brackets and zone; an IPv4 address that came in over IPv6 is the same address. @returns null: it is none */
function plain(text: string): string | null {
  const [, bracketed, v4] = /^(?:\[([^\]]+)\](?::\d+)?|(\d+\.\d+\.\d+\.\d+)(?::\d+)?)$/.exec(text.trim()) ?? [];
  const address = (bracketed ?? v4 ?? text.trim()).replace(/%.*$/, '').replace(/^::ffff:(?=\d+\.)/i, '');
  return isIP(address) === 0 ? null : address;
}
