import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { AgentConfig } from '#contract/agent-config.ts';
import { AGENT_PROGRAMS } from '#contract/agent-programs.ts';
import { fillPlaceholders, unknownPlaceholders } from '#contract/placeholders.ts';
import { AGENT_PRESETS, AGENT_PRESET_NAMES, presetConfig, presetNews } from './presets.ts';

interface Known {
  /** Options without a value. */
  flags: string[];
  /** Options with one, and what it may be. */
  values: Record<string, string>;
  words: string[];
}

/** What these programs take in the versions that were tried; anything else ends them, as it does the real ones. */
const PROGRAMS: Record<string, Known> = {
  claude: {
    flags: ['-p', '--verbose'],
    values: {
      '--output-format': 'stream-json',
      '--permission-mode': 'acceptEdits',
      '--allowedTools': 'Bash.*',
      '--model': '.+',
      '--resume': '[a-z0-9-]+',
    },
    words: [],
  },
  codex: {
    flags: ['--json'],
    values: { '--sandbox': 'workspace-write', '-m': '.+' },
    words: ['exec', 'resume', 'session-1', '-'],
  },
  gemini: {
    flags: ['--skip-trust'],
    values: { '--output-format': 'stream-json', '--approval-mode': 'yolo', '-m': '.+', '--resume': '[a-z0-9-]+' },
    words: [],
  },
  opencode: { flags: [], values: { '--format': 'json', '-m': '.+/.+', '--session': '[a-z0-9-]+' }, words: ['run'] },
  // @source https://aider.chat/docs/config/options.html
  aider: {
    flags: [
      '--yes-always',
      '--no-auto-commits',
      '--no-dirty-commits',
      '--no-pretty',
      '--no-fancy-input',
      '--no-check-update',
      '--no-show-release-notes',
      '--no-show-model-warnings',
      '--analytics-disable',
    ],
    values: { '--model': '.+', '--message-file': '.+' },
    words: [],
  },
};

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ovm-presets-'));
  writeFileSync(join(folder, 'prompt.txt'), 'Write a file');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test.each(
  (['claude_code', 'codex', 'gemini', 'opencode', 'aider'] as const).flatMap((preset) => [
    { preset, model: null, told: 'working on: Write a file; model: its own\n' },
    { preset, model: 'provider/model-1', told: 'working on: Write a file; model: provider/model-1\n' },
  ]),
)('the program of $preset takes its command and its task, with the model $model', ({ preset, model, told }) => {
  for (const [name, known] of Object.entries(PROGRAMS))
    writeFileSync(join(folder, name), fakeProgram(known), { mode: 0o755 });
  const { commands, stdin } = presetConfig(preset);
  const values = { model, promptFile: join(folder, 'prompt.txt'), session: null };
  const said = commands.map((argv) => {
    const [file = '', ...args] = fillPlaceholders(argv, values);
    const { status, stdout, stderr } = spawnSync(file, args, {
      input: stdin === 'prompt' ? 'Write a file' : '',
      encoding: 'utf8',
      env: { PATH: [folder, process.env['PATH']].join(delimiter) },
    });
    return { status, stdout, stderr };
  });
  expect(said).toEqual([{ status: 0, stdout: told, stderr: '' }]);
});

test.each(['claude_code', 'codex', 'gemini', 'opencode'] as const)(
  'the program of %s takes the command that goes on with a session',
  (preset) => {
    for (const [name, known] of Object.entries(PROGRAMS))
      writeFileSync(join(folder, name), fakeProgram(known), { mode: 0o755 });
    const { resume } = presetConfig(preset);
    const values = { model: 'provider/model-1', promptFile: null, session: 'session-1' };
    const [file = '', ...args] = fillPlaceholders(resume ?? [], values);
    expect(args).toContain('session-1');
    const { status, stdout, stderr } = spawnSync(file, args, {
      input: 'Write a file',
      encoding: 'utf8',
      env: { PATH: [folder, process.env['PATH']].join(delimiter) },
    });
    expect({ status, stdout, stderr }).toEqual({
      status: 0,
      stdout: 'working on: Write a file; model: provider/model-1\n',
      stderr: '',
    });
  },
);

test.each(AGENT_PRESET_NAMES)('the preset %s is a configuration like any other', (name) => {
  const { config, program, version, title, signIn } = AGENT_PRESETS[name];
  expect(AgentConfig.parse(presetConfig(name))).toEqual(presetConfig(name));
  expect(config.commands.flatMap((argv) => unknownPlaceholders(argv))).toEqual([]);
  expect([version > 0, title !== '', signIn.endsWith('.')]).toEqual([true, true, true]);
  // Runners show a program what is its own by the name of its command.
  if (program !== null) expect([config.commands.at(-1)?.[0], program in AGENT_PROGRAMS]).toEqual([program, true]);
});

test('an agent whose preset has changed since says so, and others say nothing', () => {
  const config = presetConfig('codex');
  const { version } = AGENT_PRESETS.codex;
  expect(presetNews({ ...config, preset: { name: 'codex', version: version - 1 } })).toContain(
    'preset Codex has changed',
  );
  for (const preset of [config.preset, { name: 'codex', version: version + 1 }, { name: 'gone', version: 1 }, null, 7])
    expect(presetNews({ ...config, preset })).toBeNull();
  expect([presetNews(null), presetNews({ commands: [['x']] })]).toEqual([null, null]);
});

function fakeProgram(known: Known): string {
  return `#!${process.execPath}
const known = ${JSON.stringify(known)};
const args = process.argv.slice(2);
const read = (file) => require('node:fs').readFileSync(file, 'utf8');
let model = 'its own';
let task;
while (args.length > 0) {
  const arg = args.shift();
  if (known.flags.includes(arg) || known.words.includes(arg)) continue;
  const value = known.values[arg] && args.shift();
  if (value === undefined || !new RegExp('^(' + known.values[arg] + ')$').test(value)) {
    console.error("error: unexpected argument '" + arg + "' found");
    process.exit(2);
  }
  if (arg === '-m' || arg === '--model') model = value;
  if (arg === '--message-file') task = read(value);
}
console.log('working on: ' + (task ?? read(0)) + '; model: ' + model);
`;
}
