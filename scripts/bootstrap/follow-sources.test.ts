import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

const load = async (name: string) => (await import(new URL(`./${name}.mjs`, import.meta.url).href)) as unknown;
const { followSources } = (await load('follow-sources')) as { followSources(options: object): void };
const { StartFailure } = (await load('start-failure')) as { StartFailure: new (message: string) => Error };

const FOLDERS = ['contract', 'core', 'api', 'workers', 'runner', 'web', 'prisma/migrations', 'scripts/migrations'];

let root: string;
let end: AbortController;
/** What was done, in its order. */
let done: string[];
let notes: string[];
/** Called with each thing before it is done. */
let beforeIt: (what: string) => void;

beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'follow-sources-'));
  for (const folder of FOLDERS) mkdirSync(path.join(root, folder), { recursive: true });
  write('schema.graphql', 'first');
  end = new AbortController();
  done = [];
  notes = [];
  beforeIt = () => undefined;
  const doIt = async (what: string) => {
    beforeIt(what);
    done.push(what);
  };
  followSources({
    rootDir: root,
    progress: {
      step: (_title: string, work: () => unknown) => work(),
      note: (line: string) => notes.push(line),
    },
    stopping: end.signal,
    migrate: () => doIt('migrate'),
    renewRunner: () => undefined,
    restart: (part: string) => doIt(`restart ${part}`),
    buildBundles: (names: string[]) => doIt(`build ${names.join(' ')}`),
    generate: (names: string[]) => doIt(`generate ${names.join(' ')}`),
  });
});
afterEach(() => {
  end.abort();
  rmSync(root, { recursive: true });
});

function write(file: string, text: string): void {
  writeFileSync(path.join(root, file), text);
}

/** Fails at what `isIt` names, once. */
function failOnceAt(isIt: (what: string) => boolean, error: Error): void {
  let hasFailed = false;
  beforeIt = (what) => {
    if (hasFailed || !isIt(what)) return;
    hasFailed = true;
    throw error;
  };
}

async function expectDone(...all: string[]): Promise<void> {
  await vi.waitUntil(() => all.every((what) => done.includes(what)), { timeout: 10_000 });
}

async function expectNoted(text: string): Promise<void> {
  await vi.waitUntil(() => notes.some((line) => line.includes(text)), { timeout: 10_000 });
}

test('what changed beside a source that cannot be built is taken up when that is mended', async () => {
  failOnceAt((what) => what.startsWith('build'), new StartFailure('the build failed'));
  write('prisma/migrations/1.sql', 'create table');
  write('workers/main.ts', 'one');
  write('api/page.ts', 'graphql(`query A { a }`) and a mistake');
  await expectNoted('the build failed');
  expect(done).toEqual([]);

  write('api/page.ts', 'graphql(`query A { a }`)');
  await expectDone('restart api', 'restart workers', 'generate documents');
  expect(done).toEqual([
    'build api explorer-files workers',
    'migrate',
    'restart api',
    'restart workers',
    'generate schema contract',
    'generate documents',
  ]);
});

test.each([
  ['the migration', 'migrate'],
  ['the restart', 'restart workers'],
])('a change is taken up again when %s failed', async (_what, step) => {
  failOnceAt((what) => what === step, new StartFailure('it failed'));
  write('prisma/migrations/1.sql', 'create table');
  await expectNoted('it failed');
  done.length = 0;
  write('runner/main.ts', 'one');
  await expectDone('migrate', 'restart api', 'restart workers', 'restart runner');
});

test('documents are generated for a schema that another failure kept them from', async () => {
  failOnceAt((what) => what === 'generate documents', new StartFailure('a document is wrong'));
  beforeIt = ((failing) => (what: string) => {
    if (what === 'generate schema contract') write('schema.graphql', 'second');
    failing(what);
  })(beforeIt);
  write('api/types.ts', 'one');
  await expectNoted('a document is wrong');
  expect(done).not.toContain('generate documents');
  write('workers/main.ts', 'one');
  await expectDone('restart workers', 'generate documents');
});

test('documents that were changed are generated after one of them could not be', async () => {
  failOnceAt((what) => what === 'generate documents', new StartFailure('a document is wrong'));
  write('web/list.tsx', 'graphql(`query A { b }`)');
  await expectNoted('a document is wrong');
  write('workers/main.ts', 'one');
  await expectDone('restart workers', 'generate documents');
});

test('an error that nobody foresaw is shown whole, and the next change is taken up', async () => {
  failOnceAt((what) => what.startsWith('build'), new TypeError('a mistake of ours'));
  write('workers/main.ts', 'one');
  await expectNoted('TypeError: a mistake of ours');
  expect(notes.join('\n')).toContain('follow-sources.test.ts');
  write('workers/main.ts', 'two');
  await expectDone('restart workers');
});

test('what cannot be built is tried once for each change', async () => {
  let tries = 0;
  beforeIt = (what) => {
    if (!what.startsWith('build')) return;
    tries += 1;
    throw new StartFailure(`try ${tries}`);
  };
  write('workers/main.ts', 'one');
  await expectNoted('try 1');
  write('workers/main.ts', 'two');
  await expectNoted('try 2');
  // Without a change of a source, such as a note of an editor: looked at, and not built.
  write('web/.draft', 'nothing');
  beforeIt = () => undefined;
  write('web/env.ts', 'one');
  await expectDone('restart web');
  expect(tries).toBe(2);
});

test('a change while another one is taken up is taken up after it', async () => {
  beforeIt = (what) => {
    if (what === 'build workers' && !done.includes('build workers')) write('runner/main.ts', 'one');
  };
  write('workers/main.ts', 'one');
  await expectDone('restart workers', 'restart runner');
  expect(done).toEqual(['build workers', 'restart workers', 'build runner keeper demo-agent', 'restart runner']);
});
