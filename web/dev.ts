import { createServer as createHttpServer } from 'node:http';
import type { ServerBuild } from '@remix-run/node';
import { createServer } from 'vite';
import { readEnv } from './env.ts';
import { createWebApp } from './server/create-web-app.ts';
import { listen } from './server/listen.ts';

// Development: the same server around Vite, so that headers, cookies and loaders behave as they will when built.
const env = readEnv();
const server = createHttpServer();
const vite = await createServer({
  configFile: new URL('./vite.config.ts', import.meta.url).pathname,
  // The browser hears of changes at the address it has the page from.
  server: { middlewareMode: true, hmr: { server, path: '/@hmr' } },
});
const app = createWebApp({
  build: () => vite.ssrLoadModule('virtual:remix/server-build') as Promise<ServerBuild>,
  middleware: vite.middlewares,
  apiOrigin: env.apiOrigin,
  mode: 'development',
});
await listen(
  server.on('request', (...request) => void app(...request)),
  { ...env, onStop: () => vite.close() },
);
