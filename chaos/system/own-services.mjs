import { findBubblewrap } from '../../scripts/bootstrap/bubblewrap.mjs';
import { buildPrograms } from '../../scripts/bootstrap/built-programs.mjs';
import { prepareDataDirectory } from '../../scripts/bootstrap/data-directory.mjs';
import { installDependencies } from '../../scripts/bootstrap/dependencies.mjs';
import { RememberedPorts } from '../../scripts/bootstrap/ports.mjs';
import { startPostgres } from '../../scripts/bootstrap/postgres.mjs';
import { createProgress } from '../../scripts/bootstrap/progress.mjs';
import { startRedis } from '../../scripts/bootstrap/redis.mjs';
import { secretNamed } from '../../scripts/bootstrap/secrets.mjs';
import { findServiceHome } from '../../scripts/bootstrap/service-home.mjs';
import { watchOver } from '../../scripts/bootstrap/watcher.mjs';

export { unpackDebianPackages } from '../../scripts/bootstrap/debian-packages.mjs';

/**
 * Builds what is played with, when its sources have changed: nothing is learnt of a program that is not there any more.
 * @param {string} rootDir
 */
export async function buildProduct(rootDir) {
  await buildPrograms({ rootDir, progress: createProgress(process.stdout, new AbortController().signal) });
}

/**
 * The set-up's own PostgreSQL and Redis in a folder, one at a time: whoever breaks one starts it again. And its sandbox.
 * @param {string} rootDir
 * @param {string} dataDir
 */
export async function prepareServices(rootDir, dataDir) {
  prepareDataDirectory(dataDir, 'The folder');
  await installDependencies(rootDir, createProgress({ write: () => undefined }, new AbortController().signal));
  // However the schedule ends: a service that is killed and started again takes the place of the one before.
  const record = watchOver(dataDir);
  const home = findServiceHome(dataDir);
  const ports = new RememberedPorts(dataDir);
  return {
    bubblewrap: await findBubblewrap(home),
    /** @param {'postgres' | 'redis'} name */
    start(name) {
      const common = {
        home,
        ports,
        password: secretNamed(dataDir, `${name}Password`),
        onSpawn: (/** @type {{ pid: number }} */ { pid }) => record.add(name, pid, 'service'),
        stopping: new AbortController().signal,
      };
      // A process is killed, never the machine: what the kernel was given is safe, so nothing has to wait for the disk.
      return name === 'redis' ? startRedis(common) : startPostgres({ ...common, rootDir, isThrowAway: true });
    },
  };
}
