import { createRequire } from 'node:module';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  // Vite would take graphql's ES modules for our files while libraries take its CommonJS ones: two copies, whose types do not know each other.
  resolve: { alias: [{ find: /^graphql$/, replacement: createRequire(import.meta.url).resolve('graphql') }] },
  test: {
    include: [
      '{contract,core,api,workers,runner,scripts,web,chaos,bench}/**/*.test.ts',
      '{contract,core,api,workers,runner,scripts,web}/**/*.test.tsx',
      'tests/**/*.test.ts',
    ],
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
