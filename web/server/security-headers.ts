import { randomBytes } from 'node:crypto';
import type { RequestHandler } from 'express';

const YEAR_S = 31_536_000;

/** Sets the headers every page carries; the nonce is left in `res.locals.cspNonce`. */
export function securityHeaders({ isDevelopment }: { isDevelopment: boolean }): RequestHandler {
  return (req, res, next) => {
    const nonce = randomBytes(16).toString('base64');
    res.locals['cspNonce'] = nonce;
    res.setHeader('Content-Security-Policy', contentSecurityPolicy(nonce, isDevelopment));
    res.setHeader('X-Content-Type-Options', 'nosniff');
    res.setHeader('X-Frame-Options', 'DENY');
    res.setHeader('Referrer-Policy', 'same-origin');
    res.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
    res.setHeader('Cross-Origin-Resource-Policy', 'same-origin');
    res.setHeader('Permissions-Policy', 'camera=(), geolocation=(), payment=(), usb=(), microphone=(self)');
    // Pages show what only this person may see: no shared cache keeps them, and the back button asks again.
    res.setHeader('Cache-Control', 'private, no-store');
    if (req.secure) res.setHeader('Strict-Transport-Security', `max-age=${YEAR_S}`);
    next();
  };
}

/** Scripts and style elements only from our own files or with the nonce of this answer. */
export function contentSecurityPolicy(nonce: string, isDevelopment: boolean): string {
  return [
    "default-src 'self'",
    `script-src 'self' 'nonce-${nonce}'`,
    // Vite injects unmarked style elements while developing.
    isDevelopment ? "style-src 'self' 'unsafe-inline'" : `style-src 'self' 'nonce-${nonce}'`,
    // The server renders sizes (column widths, bars) as style attributes; they can not run anything.
    "style-src-attr 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "media-src 'self' blob:",
    "connect-src 'self'",
    "font-src 'self'",
    "object-src 'none'",
    "frame-src 'none'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "form-action 'self'",
  ].join('; ');
}
