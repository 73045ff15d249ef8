import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const rootDir = fileURLToPath(new URL('..', import.meta.url));
const docs = readdirSync(path.join(rootDir, 'docs'))
  .filter((name) => name.endsWith('.md'))
  .map((name) => `docs/${name}`);

test.each(docs)('every file and folder that %s names is there', (file) => {
  const text = readFileSync(path.join(rootDir, file), 'utf8');
  const named = [...text.matchAll(/`((?:[\w.-]+\/)+[\w.-]*)`/g)].map(([, name = '']) => name);
  const linked = [...text.matchAll(/\]\(([^)#:]+)\)/g)].map(([, name = '']) => path.join(path.dirname(file), name));
  expect(named.length).toBeGreaterThan(0);
  expect([...named, ...linked].filter((name) => !existsSync(path.join(rootDir, name)))).toEqual([]);
});
