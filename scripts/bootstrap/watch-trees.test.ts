import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, test, vi } from 'vitest';

const { watchTrees } = (await import(new URL('./watch-trees.mjs', import.meta.url).href)) as {
  watchTrees(roots: readonly string[], onChange: (file: string) => void, signal: AbortSignal): void;
};

let root: string;
let seen: Set<string>;
let end: AbortController;
beforeEach(() => {
  end = new AbortController();
  root = mkdtempSync(path.join(tmpdir(), 'watch-tree-'));
  mkdirSync(path.join(root, 'a/b'), { recursive: true });
  writeFileSync(path.join(root, 'a/b/x.ts'), '');
  seen = new Set();
  watchTrees([root], (file) => seen.add(path.relative(root, file)), end.signal);
});
afterEach(() => {
  end.abort();
  rmSync(root, { recursive: true });
});

async function expectSeen(file: string): Promise<void> {
  await vi.waitUntil(() => seen.has(file), { timeout: 10_000 });
  seen.clear();
}

test('a file is seen each time an editor replaces it', async () => {
  for (const text of ['1', '2', '3']) {
    writeFileSync(path.join(root, 'a/b/.draft'), text);
    await expectSeen('a/b/.draft');
    renameSync(path.join(root, 'a/b/.draft'), path.join(root, 'a/b/x.ts'));
    await expectSeen('a/b/x.ts');
  }
});

test('what is in a new folder is seen, also when the folder is made again', async () => {
  for (let round = 0; round < 2; round += 1) {
    mkdirSync(path.join(root, 'new'));
    await expectSeen('new');
    writeFileSync(path.join(root, 'new/y.ts'), '');
    await expectSeen('new/y.ts');
    rmSync(path.join(root, 'new'), { recursive: true });
    await expectSeen('new');
  }
});
