#!/usr/bin/env node
/**
 * `npm run check`: generated files, types, lint, format, unused code, and the tests that need no service and start no
 * program. What an earlier run has seen and nobody has changed is not looked at again; `npm test` looks at everything.
 */
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { runQuickChecks } from './bootstrap/checks.mjs';
import { installDependencies } from './bootstrap/dependencies.mjs';
import { runEntryPoint } from './bootstrap/entry-point.mjs';
import { createProgress } from './bootstrap/progress.mjs';
import { withSetupLock } from './bootstrap/setup-lock.mjs';
import { Tally } from './bootstrap/tally.mjs';

const rootDir = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

await runEntryPoint(async ({ stopping }) => {
  const tally = new Tally();
  const progress = createProgress(process.stdout, stopping);
  await withSetupLock(rootDir, progress, async () => {
    await installDependencies(rootDir, progress);
    await runQuickChecks({ rootDir, progress, tally });
  });
  console.log(tally.lastLine());
  return tally.failed === 0 ? 0 : 1;
});
