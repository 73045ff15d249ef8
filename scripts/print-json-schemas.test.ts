import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { contractJsonSchemas, staleJsonSchemas, writeJsonSchemas } from './print-json-schemas.ts';

const run = promisify(execFile);
const script = fileURLToPath(new URL('./print-json-schemas.ts', import.meta.url));

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'json-schemas-'));
});
afterEach(() => rm(folder, { recursive: true }));

test('the committed files are what the contract says today', async () => {
  const { stdout } = await run('npx', ['tsx', script, '--check']);
  expect(stdout).toContain('up to date');
});

test('shapes with defaults have an input and an output form, the others one', () => {
  expect([...contractJsonSchemas().keys()].sort()).toEqual([
    'agent-config.input.json',
    'agent-config.output.json',
    'request.json',
    'run-result.input.json',
    'run-result.output.json',
    'run-spec.input.json',
    'run-spec.output.json',
    'task-definition.json',
  ]);
});

test('a missing, an edited and a left-over file are each named, and writing repairs all three', async () => {
  await writeJsonSchemas(folder);
  expect(await staleJsonSchemas(folder)).toEqual([]);

  await rm(join(folder, 'request.json'));
  await writeFile(join(folder, 'task-definition.json'), '{}\n');
  await writeFile(join(folder, 'old-shape.json'), '{}\n');
  expect(await staleJsonSchemas(folder)).toEqual(['old-shape.json', 'request.json', 'task-definition.json']);

  await writeJsonSchemas(folder);
  expect(await staleJsonSchemas(folder)).toEqual([]);
  expect(await readdir(folder)).not.toContain('old-shape.json');
});

test('a folder that does not exist yet is all stale', async () => {
  expect(await staleJsonSchemas(join(folder, 'none'))).toEqual([...contractJsonSchemas().keys()].sort());
});

test('--check fails and names the stale file', async () => {
  await writeJsonSchemas(folder);
  await writeFile(join(folder, 'request.json'), '{}\n');
  await expect(run('npx', ['tsx', script, '--check', folder])).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining('request.json is not up to date'),
  });
});
