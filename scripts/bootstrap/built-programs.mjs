import { existsSync } from 'node:fs';
import path from 'node:path';
import { runToEnd } from './processes.mjs';
import { hashInputs, isStamped, stamp } from './stamps.mjs';
import { StartFailure } from './start-failure.mjs';

const INPUTS = [
  'contract',
  'core',
  'api',
  'web',
  'workers',
  'runner',
  'prisma/schema.prisma',
  'schema.graphql',
  'scripts/build.ts',
  'scripts/migrate.ts',
  'scripts/migrations',
  'scripts/setup.ts',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
];
// Made from the inputs by `generate`: the same inputs, the same outcome.
const GENERATED = ['web/app/graphql/gql', 'runner/control-plane/gql'];

/**
 * Builds the programs when their sources have changed since the last build.
 * @param {{ rootDir: string, progress: import('./progress.mjs').Progress }} options
 */
export async function buildPrograms({ rootDir, progress }) {
  // In the build's own folder: with it gone, the stamp is gone.
  const stampFile = path.join(rootDir, 'build', '.stamp');
  const hash = hashInputs(rootDir, INPUTS, GENERATED);
  if (isStamped(stampFile, hash) && existsSync(path.join(rootDir, 'build', 'api.mjs'))) return;
  await progress.step('Build', async () => {
    const result = await runToEnd(process.execPath, ['--import', 'tsx', 'scripts/build.ts'], { cwd: rootDir });
    if (result.code !== 0) {
      const lines = `${result.stdout}\n${result.stderr}`.split('\n').filter((line) => line.trim() !== '');
      throw new StartFailure('The build failed.', { logTail: lines.slice(-20) });
    }
    stamp(stampFile, hash);
  });
}
