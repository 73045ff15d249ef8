import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { expect, test } from 'vitest';

const rootDir = fileURLToPath(new URL('..', import.meta.url));
const ROOMS = ['contract', 'core', 'api', 'workers', 'runner', 'web', 'scripts', 'tests', 'bench', 'chaos'];
const NOT_OURS = ['node_modules', 'generated', 'gql', 'build'];

const OURS = new Set(
  ROOMS.flatMap((room) =>
    readdirSync(path.join(rootDir, room), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.(?:ts|tsx|mjs)$/.test(name) && !name.split(path.sep).some((part) => NOT_OURS.includes(part)))
      .map((name) => path.join(rootDir, room, name)),
  ),
);

/** Files of ours that a file imports, types too: who reads one of them has to read the other. */
function importsOf(file: string): string[] {
  const { importedFiles } = ts.preProcessFile(readFileSync(file, 'utf8'));
  return importedFiles.map(({ fileName }) => targetOf(file, fileName)).filter((target) => OURS.has(target));
}
function targetOf(file: string, name: string): string {
  if (name.startsWith('#')) return path.join(rootDir, name.slice(1));
  if (name.startsWith('~/')) return path.join(rootDir, 'web/app', name.slice(2));
  return path.resolve(path.dirname(file), name);
}

/** Each way that comes back to a file it has been through. */
function findCircles(importsOf: (file: string) => string[], files: string[]): string[][] {
  const done = new Set<string>();
  const circles: string[][] = [];
  const visit = (file: string, way: string[]): void => {
    const at = way.indexOf(file);
    if (at >= 0) circles.push([...way.slice(at), file]);
    if (at >= 0 || done.has(file)) return;
    for (const next of importsOf(file)) visit(next, [...way, file]);
    done.add(file);
  };
  for (const file of files) visit(file, []);
  return circles;
}

test('no file imports itself by way of others', () => {
  expect(OURS.size).toBeGreaterThan(900);
  const circles = findCircles(importsOf, [...OURS]);
  expect(circles.map((circle) => circle.map((file) => path.relative(rootDir, file)).join(' → '))).toEqual([]);
});

test('a circle is found, however long, and what only meets again is none', () => {
  const find = (tree: Record<string, string[]>) => findCircles((file) => tree[file] ?? [], Object.keys(tree));
  expect(find({ a: ['b', 'c'], b: ['d'], c: ['d'], d: [] })).toEqual([]);
  expect(find({ a: ['b'], b: ['c'], c: ['d'], d: ['b'] })).toEqual([['b', 'c', 'd', 'b']]);
  expect(find({ a: ['a'] })).toEqual([['a', 'a']]);
});
