import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { AGENT_PRESETS } from './presets.ts';

/** What these programs take in the versions that were tried; anything else ends them, as it does the real ones. */
const PROGRAMS = {
  claude: { options: ['--print', '--permission-mode=acceptEdits'], words: [] },
  codex: { options: ['--sandbox=workspace-write'], words: ['exec', '-'] },
};

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ovm-presets-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test.each(['claude_code', 'codex'] as const)(
  'the program of %s takes its command, and the task on its input',
  (preset) => {
    for (const [name, known] of Object.entries(PROGRAMS))
      writeFileSync(join(folder, name), fakeProgram(known), { mode: 0o755 });
    const said = AGENT_PRESETS[preset].map(([file, ...args]) => {
      const { status, stdout, stderr } = spawnSync(file, args, {
        input: 'Write a file',
        encoding: 'utf8',
        env: { PATH: [folder, process.env['PATH']].join(delimiter) },
      });
      return { status, stdout, stderr };
    });
    expect(said).toEqual([{ status: 0, stdout: 'working on: Write a file\n', stderr: '' }]);
  },
);

function fakeProgram(known: { options: string[]; words: string[] }): string {
  return `#!${process.execPath}
const known = ${JSON.stringify(known)};
const args = process.argv.slice(2);
while (args.length > 0) {
  const arg = args.shift();
  const isFine = known.words.includes(arg) || known.options.includes(arg) || known.options.includes(arg + '=' + args[0]);
  if (!isFine) {
    console.error("error: unexpected argument '" + arg + "' found");
    process.exit(2);
  }
  if (known.options.includes(arg + '=' + args[0])) args.shift();
}
console.log('working on: ' + require('node:fs').readFileSync(0, 'utf8'));
`;
}
