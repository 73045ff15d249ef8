import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import * as build from 'virtual:remix/server-build';
import { readEnv } from './env.ts';
import { createWebApp } from './server/create-web-app.ts';
import { listen } from './server/listen.ts';

const env = readEnv();
// The bundle lies in build/web/server/, the browser's files beside it.
const clientDir = fileURLToPath(new URL('../client/', import.meta.url));
await listen(createServer(createWebApp({ build, clientDir, apiOrigin: env.apiOrigin, mode: 'production' })), env);
