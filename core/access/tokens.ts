import { createHash, randomBytes } from 'node:crypto';

export type TokenKind = 'usr' | 'run' | 'api';

/** A new secret of 256 bits with the product's prefix; shown once, only its hash is stored. */
export function newToken(kind: TokenKind): { token: string; prefix: string; hash: string } {
  const token = `ovm_${kind}_${randomBytes(32).toString('base64url')}`;
  return { token, prefix: token.slice(0, 12), hash: hashToken(token) };
}

/** Tokens are random, so a plain SHA-256 can not be guessed back and is quick enough for every request. */
export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

export function tokenKind(token: string): TokenKind | null {
  const kind = /^ovm_(usr|run|api)_[A-Za-z0-9_-]{43}$/.exec(token)?.[1];
  return (kind as TokenKind | undefined) ?? null;
}
