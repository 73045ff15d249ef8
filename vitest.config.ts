import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
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
    // Most of them wait for programs, not for a processor: on two of these, one worker would leave one idle.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    // A summary that says "[ …(2) ]" tells nothing of a test that failed once.
    chaiConfig: { truncateThreshold: 500 },
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
