import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{contract,core,api,workers,runner,scripts,web}/**/*.test.ts', '{contract,core,api,workers,runner,scripts,web}/**/*.test.tsx', 'tests/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
