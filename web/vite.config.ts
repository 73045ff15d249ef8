import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { vitePlugin as remix } from '@remix-run/dev';
import tailwindcss from '@tailwindcss/vite';
import { defineConfig, type Plugin } from 'vite';
import { precompress } from './server/precompress.ts';

declare module '@remix-run/node' {
  interface Future {
    v3_singleFetch: true;
  }
}

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Remix builds its own virtual module; ours is the express program around it, so that one bundle starts the server. */
const serverEntry: Plugin = {
  name: 'server-entry',
  config: (_config, { isSsrBuild }) =>
    isSsrBuild ? { build: { rollupOptions: { input: here('./server.ts') } } } : undefined,
};

export default defineConfig(({ command, isSsrBuild }) => ({
  // Remix looks for package.json at the root.
  root: here('..'),
  publicDir: here('./public'),
  plugins: [
    tailwindcss(),
    remix({
      appDirectory: 'web/app',
      buildDirectory: 'build/web',
      serverBuildFile: 'index.mjs',
      serverModuleFormat: 'esm',
      future: {
        v3_fetcherPersist: true,
        v3_relativeSplatPath: true,
        v3_throwAbortReason: true,
        v3_singleFetch: true,
        v3_lazyRouteDiscovery: true,
        v3_routeConfig: true,
      },
      async buildEnd() {
        await writeFile(here('../build/web/server.mjs'), "import './server/index.mjs';\n");
        await precompress(here('../build/web/client'));
      },
    }),
    serverEntry,
  ],
  cacheDir: here('../.cache/vite'),
  // Found one by one, packages would be bundled anew while a page loads, which then has two copies of React.
  optimizeDeps: { entries: ['web/app/**/*.{ts,tsx}', '!**/*.test.*'], include: ['react/jsx-dev-runtime'] },
  server: { watch: { ignored: ['**/.cache/**', '**/build/**', '**/data/**'] } },
  resolve: { alias: { '~': here('./app') } },
  // A production build carries everything it needs: it starts without node_modules.
  ssr: { noExternal: command === 'build' ? true : undefined },
  build: {
    target: isSsrBuild ? 'node20' : 'es2022',
    // Inlined fonts and images would need `data:` in the content security policy.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1_500,
  },
}));
