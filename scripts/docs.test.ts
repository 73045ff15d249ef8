import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const rootDir = fileURLToPath(new URL('..', import.meta.url));
const docs = ['docs', 'docs/how-to'].flatMap((folder) =>
  readdirSync(path.join(rootDir, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `${folder}/${name}`),
);
/** What a how-to has its reader make. */
const MADE_BY_READERS = ['core/tasks/rename-task.ts', 'core/projects/measure-project.ts'];

test.each(docs)('every file and folder that %s names is there', (file) => {
  const text = readFileSync(path.join(rootDir, file), 'utf8');
  const named = [...text.matchAll(/`((?:[\w.-]+\/)+[\w.-]*)`/g)].map(([, name = '']) => name);
  const linked = [...text.matchAll(/\]\(([^)#:]+)\)/g)].map(([, name = '']) => path.join(path.dirname(file), name));
  expect(named.length).toBeGreaterThan(0);
  const missing = [...named, ...linked].filter((name) => !existsSync(path.join(rootDir, name)));
  expect(missing.filter((name) => !MADE_BY_READERS.includes(name))).toEqual([]);
});
