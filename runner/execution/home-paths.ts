import { AGENT_PROGRAMS, type AgentProgram } from '#contract/agent-programs.ts';
import { basename } from 'node:path';
import { RunFailure } from './outcome.ts';
import type { RunnerPolicy } from './policy.ts';
import type { HomePath } from './sandbox-mounts.ts';

/** What well-known agents keep below the home: their log-in and their configuration. Agents may name more in their config. */
const PATHS_OF_PROGRAMS: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries<AgentProgram>(AGENT_PROGRAMS).map(([name, { homePaths }]) => [name, homePaths]),
);

/** Where their programs make files of their own as they start, also where they may change nothing. */
const KEPT_BY_PROGRAMS = [...PATHS_OF_PROGRAMS.values()].flat();

/** What every run may read: who commits, and which version of a tool is wanted. No secrets by custom. */
const PATHS_OF_ALL = [
  '.gitconfig',
  '.config/git/config',
  '.config/git/ignore',
  '.config/git/attributes',
  '.tool-versions',
  '.nvmrc',
  '.config/mise/config.toml',
];

/**
 * Files in writable folders of agents that decide what their program runs when a *person* starts it: a run must not
 * leave a hook behind. Shown read-only, where they exist.
 */
const KEPT_READ_ONLY = [
  '.claude/settings.json',
  '.claude/settings.local.json',
  '.claude/CLAUDE.md',
  '.claude/hooks',
  '.claude/commands',
  '.claude/agents',
  '.claude/skills',
  '.claude/plugins',
  '.claude/local',
  '.claude/rules',
  '.claude/output-styles',
  '.codex/config.toml',
  '.codex/AGENTS.md',
  '.codex/AGENTS.override.md',
  '.codex/.env',
  '.codex/prompts',
  '.codex/skills',
  '.codex/rules',
  '.codex/hooks.json',
  '.gemini/settings.json',
  '.gemini/GEMINI.md',
  '.gemini/extensions',
  '.gemini/commands',
  '.gemini/.env',
  '.qwen/settings.json',
  '.qwen/QWEN.md',
  '.qwen/extensions',
  '.qwen/commands',
  '.qwen/agents',
  '.qwen/skills',
  '.qwen/.env',
  // Where their installers put programs, and where they keep what they downloaded to run.
  '.local/share/opencode/bin',
  '.config/opencode/opencode.json',
  '.config/opencode/opencode.jsonc',
  '.config/opencode/config.json',
  '.config/opencode/AGENTS.md',
  '.config/opencode/plugin',
  '.config/opencode/plugins',
  '.config/opencode/command',
  '.config/opencode/commands',
  '.config/opencode/agent',
  '.config/opencode/agents',
  '.config/opencode/skill',
  '.config/opencode/skills',
  '.config/opencode/tool',
  '.config/opencode/tools',
  '.config/opencode/node_modules',
  '.config/goose/config.yaml',
  '.config/amp/settings.json',
  '.cursor/mcp.json',
  '.cursor/hooks.json',
  '.cursor/cli-config.json',
  '.cursor/extensions',
];

export interface HomeNeeds {
  /** What the agent's config asks for. */
  asked: readonly string[];
  /** The programs of its commands, by name or path. */
  programs: readonly string[];
}

/**
 * What of the home a run is shown.
 * @throws RunFailure command_refused when the agent's config asks for something that the policy does not allow
 */
export function homePathsFor(
  { asked, programs }: HomeNeeds,
  policy: Pick<RunnerPolicy, 'sandbox'>,
  runnerName: string,
): HomePath[] {
  const { homePaths, writableHomePaths } = policy.sandbox;
  const refused = asked.filter((path) => !isAmong(homePaths, path));
  if (refused.length > 0) {
    throw new RunFailure(
      'command_refused',
      `The agent needs ${refused.map((path) => `~/${path}`).join(', ')}, which the policy of runner ${runnerName} does not show to agents; "sandbox.homePaths" in its policy.json lists what it does`,
    );
  }
  const usual = programs
    .flatMap((program) => PATHS_OF_PROGRAMS.get(basename(program)) ?? [])
    .filter((path) => isAmong(homePaths, path));
  const wanted = [...new Set([...PATHS_OF_ALL, ...usual, ...asked])].map((path) => ({
    path,
    access: accessTo(path, writableHomePaths),
  }));
  const kept = KEPT_READ_ONLY.filter((path) =>
    wanted.some((shown) => shown.access === 'write' && path.startsWith(`${shown.path}/`)),
  );
  // What is mounted can not be moved away with what is kept in it, and replaced by another of the same name.
  const around = kept
    .flatMap((path) => foldersAbove(path))
    .filter((path) => wanted.some((shown) => shown.access === 'write' && path.startsWith(`${shown.path}/`)));
  return [
    ...wanted,
    ...[...new Set(around)].map((path) => ({ path, access: 'write' as const })),
    ...kept.map((path) => ({ path, access: 'read' as const })),
  ];
}

function foldersAbove(path: string): string[] {
  const parts = path.split('/');
  return parts.slice(1).map((_part, index) => parts.slice(0, index + 1).join('/'));
}

function accessTo(path: string, writable: readonly string[]): HomePath['access'] {
  // Also when it is asked for by its own name, or something in it is.
  if (isAmong(KEPT_READ_ONLY, path)) return 'read';
  if (isAmong(writable, path)) return 'write';
  return KEPT_BY_PROGRAMS.includes(path) ? 'add' : 'read';
}

/** The path itself, or one below it, is in the list. */
function isAmong(list: readonly string[], path: string): boolean {
  return list.some((known) => path === known || path.startsWith(`${known}/`));
}
