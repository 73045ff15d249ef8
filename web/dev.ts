import type { ServerBuild } from '@remix-run/node';
import { createServer } from 'vite';
import { readEnv } from './env.ts';
import { createWebApp } from './server/create-web-app.ts';
import { listen } from './server/listen.ts';

// Development: the same server around Vite, so that headers, cookies and loaders behave as they will when built.
const env = readEnv();
const vite = await createServer({
  configFile: new URL('./vite.config.ts', import.meta.url).pathname,
  server: { middlewareMode: true },
});
const app = createWebApp({
  build: () => vite.ssrLoadModule('virtual:remix/server-build') as Promise<ServerBuild>,
  middleware: vite.middlewares,
  apiOrigin: env.apiOrigin,
  mode: 'development',
});
await listen(app, env);
