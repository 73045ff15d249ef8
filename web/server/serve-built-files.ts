import { existsSync, readdirSync } from 'node:fs';
import { extname, join, sep } from 'node:path';
import express, { type RequestHandler } from 'express';

const YEAR_S = 31_536_000;
const ENCODINGS = [
  ['br', '.br'],
  ['gzip', '.gz'],
] as const;

/** Serves the browser's files, in the smallest form the browser takes. Names under /assets carry a hash and never change. */
export function serveBuiltFiles(dir: string): RequestHandler {
  const known = new Set(listFiles(dir));
  const files = express.static(dir, {
    index: false,
    redirect: false,
    setHeaders(res, path) {
      const type = express.static.mime.lookup(path.replace(/\.(br|gz)$/, ''));
      res.setHeader(
        'Content-Type',
        type.startsWith('text/') || type.endsWith('javascript') ? `${type}; charset=utf-8` : type,
      );
      res.setHeader('X-Content-Type-Options', 'nosniff');
      res.setHeader(
        'Cache-Control',
        path.includes(`${sep}assets${sep}`) ? `public, max-age=${YEAR_S}, immutable` : 'public, max-age=3600',
      );
    },
  });
  return (req, res, next) => {
    const [path = '/'] = req.url.split('?');
    if (!known.has(path) || (req.method !== 'GET' && req.method !== 'HEAD')) {
      next();
      return;
    }
    if (known.has(`${path}.br`)) res.setHeader('Vary', 'Accept-Encoding');
    const encoding = ENCODINGS.find(([name, suffix]) => known.has(`${path}${suffix}`) && req.acceptsEncodings(name));
    if (encoding) {
      res.setHeader('Content-Encoding', encoding[0]);
      req.url = `${path}${encoding[1]}`;
    }
    files(req, res, next);
  };
}

function listFiles(dir: string): string[] {
  if (!existsSync(dir)) throw new Error(`The built files of the browser are missing: ${dir}. Run the build first.`);
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && (extname(entry.name) !== '' || entry.name === 'favicon.ico'))
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(dir.replace(/[/\\]$/, '').length)
        .split(sep)
        .join('/'),
    );
}
