import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { createMasker } from '../logs/mask.ts';
import { buildProgram } from '../testing/programs.ts';
import { TestBed } from '../testing/test-bed.ts';
import { maskArtifact } from './mask-artifact.ts';

const TOKEN = 'ovm_4f9Kq27xZpLw81TbRy';
const masker = createMasker([TOKEN]);
let folder: string;
let keeperFile: string;

beforeAll(() => {
  keeperFile = buildProgram('execution/keeper-main');
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ovm-artifact-'));
});
afterEach(() => rmSync(folder, { recursive: true }));
afterAll(() => rmSync(keeperFile, { force: true }));

function masked(content: string | Buffer, name = 'report.txt'): { name: string; bytes: Buffer } {
  const file = join(folder, 'file');
  writeFileSync(file, content);
  const artifact = maskArtifact({ kind: 'report', name, mediaType: 'text/plain', file }, masker);
  return { name: artifact.name, bytes: readFileSync(artifact.file) };
}

test.each([
  ['UTF-8', `a ${TOKEN} b ä\n`, 'a *** b ä\n'],
  ['with a colour in it', `a ${TOKEN.slice(0, 5)}\u001b[0m${TOKEN.slice(5)} b`, 'a *** b'],
  ['Latin-1', Buffer.from(`a ${TOKEN} caf\xe9`, 'latin1'), Buffer.from('a *** caf\xe9', 'latin1')],
  ['UTF-16 with its mark', Buffer.from(`\ufeffa ${TOKEN} ä`, 'utf16le'), Buffer.from('\ufeffa *** ä', 'utf16le')],
  [
    'a binary file',
    Buffer.from(`\0\x01PNG${TOKEN}\xff`, 'latin1'),
    Buffer.from(`\0\x01PNG${'*'.repeat(TOKEN.length)}\xff`, 'latin1'),
  ],
  ['nothing to hide', 'as it is\r\n', 'as it is\r\n'],
])('a report is masked: %s', (_name, content, expected) => {
  expect(masked(content).bytes.toString('latin1')).toBe(Buffer.from(expected).toString('latin1'));
});

test('its name is masked too, and the file that the run left stays as it was', () => {
  expect(masked(TOKEN, `out/${TOKEN}.txt`).name).toBe('out/***.txt');
  expect(readFileSync(join(folder, 'file'), 'utf8')).toBe(TOKEN);
});

test('what a run leaves as reports is told masked, in content and in name', async () => {
  const bed = new TestBed(keeperFile);
  await bed.start(undefined, [TOKEN]);
  try {
    const files = {
      'r/plain.txt': `token ${TOKEN}\n`,
      'r/page.html': `<b>${TOKEN.slice(0, 8)}\u200b${TOKEN.slice(8)}</b>\n`,
      [`r/${TOKEN}.json`]: '{}\n',
    };
    const run = bed.offer({ commands: [bed.node('write-files', JSON.stringify(files))], artifactGlobs: ['r/*'] });
    await bed.controlPlane.ended(run);
    const reports = run.artifacts.filter(({ kind }) => kind !== 'diff');
    expect(Object.fromEntries(reports.map(({ name, text }) => [name, text]))).toEqual({
      'r/plain.txt': 'token ***\n',
      'r/page.html': '<b>***</b>\n',
      'r/***.json': '{}\n',
    });
    expect(JSON.stringify([run.lines, run.result])).not.toContain(TOKEN);
  } finally {
    await bed.close();
  }
});
