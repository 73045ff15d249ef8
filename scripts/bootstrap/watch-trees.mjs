import { readdirSync, statSync, watch } from 'node:fs';
import path from 'node:path';

/**
 * Watches folders and all below them. One watcher a folder: Node's own recursive one follows the files themselves on
 * Linux, and loses a file that an editor replaces.
 * @param {readonly string[]} roots
 * @param {(file: string) => void} onChange
 * @param {AbortSignal} signal ends it
 */
export function watchTrees(roots, onChange, signal) {
  /** @type {Map<string, import('node:fs').FSWatcher>} */
  const watchers = new Map();
  for (const root of roots) add(root);
  signal.addEventListener('abort', () => {
    for (const watcher of watchers.values()) watcher.close();
  });

  /** @param {string} folder */
  function add(folder) {
    if (signal.aborted) return;
    // One that was removed, and made again, is another folder of that name.
    watchers.get(folder)?.close();
    const watcher = watch(folder, (event, name) => {
      if (name === null) return onChange(folder);
      const file = path.join(folder, name);
      if (event === 'rename' && isDirectory(file)) add(file);
      onChange(file);
    });
    // It was removed; what is above tells of that.
    watcher.on('error', () => watcher.close());
    watchers.set(folder, watcher);
    for (const entry of readdirSync(folder, { withFileTypes: true }))
      if (entry.isDirectory()) add(path.join(folder, entry.name));
  }
}

/** @param {string} file */
function isDirectory(file) {
  return statSync(file, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
