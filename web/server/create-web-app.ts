import { createRequestHandler } from '@remix-run/express';
import type { ServerBuild } from '@remix-run/node';
import express, { type Express, type RequestHandler } from 'express';
import { refuseForeignForms } from './refuse-foreign-forms.ts';
import { securityHeaders } from './security-headers.ts';
import { serveBuiltFiles } from './serve-built-files.ts';

declare module '@remix-run/node' {
  interface AppLoadContext {
    /** Loopback address of the api. */
    apiOrigin: string;
    /** Goes on every script and style element of this answer. */
    cspNonce: string;
    isHttps: boolean;
  }
}

export interface WebAppOptions {
  build: ServerBuild | (() => Promise<ServerBuild>);
  apiOrigin: string;
  mode: 'production' | 'development';
  /** Built files of the browser; in development `middleware` serves them. */
  clientDir?: string;
  middleware?: RequestHandler;
}

/** The pages: built files, security headers, and Remix behind them. */
export function createWebApp(options: WebAppOptions): Express {
  const app = express();
  app.disable('x-powered-by');
  // Only the api stands in front of us: on this machine, or in a network of containers.
  app.set('trust proxy', ['loopback', 'uniquelocal']);
  if (options.clientDir) app.use(serveBuiltFiles(options.clientDir));
  if (options.middleware) app.use(options.middleware);
  app.use(securityHeaders({ isDevelopment: options.mode === 'development' }));
  app.use(refuseForeignForms);
  const pages = createRequestHandler({
    build: options.build,
    mode: options.mode,
    getLoadContext: (req, res) => ({
      apiOrigin: options.apiOrigin,
      cspNonce: String(res.locals['cspNonce']),
      isHttps: req.secure,
    }),
  });
  // The handler passes its own failures on to `next`.
  app.all('*', (req, res, next) => void pages(req, res, next));
  return app;
}
