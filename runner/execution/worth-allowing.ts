import { agentVariableNames } from '#contract/agent-programs.ts';
import { homedir, tmpdir } from 'node:os';
import { isAbsolute, normalize, relative } from 'node:path';
import { isInside, realpathOrNull } from './paths.ts';

/**
 * Agents, and the tools with which they build and test: what owners allow again and again. None of them is harmless, as
 * each runs code of the repository; whoever lets agents work has decided on that. Any other program may be one that
 * deletes, or starts whatever it is told to (`timeout`, `find`): an owner may list it, but is not advised to.
 */
const USUAL_PROGRAMS = new Set([
  'claude',
  'codex',
  'gemini',
  'opencode',
  'aider',
  'goose',
  'qwen',
  'amp',
  'cursor-agent',
  'git',
  'node',
  'npm',
  'npx',
  'pnpm',
  'yarn',
  'bun',
  'deno',
  'tsc',
  'python',
  'python3',
  'pip',
  'pip3',
  'uv',
  'poetry',
  'pytest',
  'ruby',
  'bundle',
  'rake',
  'php',
  'composer',
  'go',
  'cargo',
  'rustc',
  'make',
  'cmake',
  'ninja',
  'java',
  'javac',
  'mvn',
  'gradle',
  'dotnet',
  'swift',
]);

/** Log-ins of well-known agents, and how text looks. Others may make programs load code, or be secrets that no agent needs. */
const USUAL_ENV = new Set([
  ...agentVariableNames(),
  'MISTRAL_API_KEY',
  'GROQ_API_KEY',
  'XAI_API_KEY',
  'HOME',
  'USER',
  'LOGNAME',
  'LANG',
  'LANGUAGE',
  'LC_ALL',
  'LC_CTYPE',
  'TZ',
  'TERM',
  'COLORTERM',
  'NO_COLOR',
  'FORCE_COLOR',
  'CI',
]);

/** Where people keep their work besides the home; what belongs to the system is elsewhere. */
const USUAL_TOPS = [
  '/srv',
  '/mnt',
  '/media',
  '/Volumes',
  '/data',
  '/work',
  '/workspace',
  '/workspaces',
  '/projects',
  '/repos',
  '/code',
];

/** Whether it makes sense to advise the owner of this machine to let agents use a program of this name. */
export function isProgramWorthAllowing(name: string): boolean {
  return USUAL_PROGRAMS.has(name);
}

export function isEnvWorthHandingOut(name: string): boolean {
  return USUAL_ENV.has(name);
}

/** A root opens everything below it, so it is a folder that looks like somebody's work, also where its links lead. @returns it as it is to be written down; null: not advised */
export function rootWorthAllowing(path: string): string | null {
  if (!isAbsolute(path)) return null;
  const folder = normalize(path).replace(/\/+$/, '');
  return isWorkFolder(folder) && isWorkFolder(realpathOrNull(folder) ?? folder) ? folder : null;
}

function isWorkFolder(folder: string): boolean {
  return [homedir(), tmpdir(), ...USUAL_TOPS]
    .flatMap((top) => [top, realpathOrNull(top) ?? top])
    .some((top) => top !== '/' && isBelow(top, folder));
}

/** Hidden folders hold settings and keys. */
function isBelow(top: string, folder: string): boolean {
  return (
    folder !== '' &&
    isInside(top, folder) &&
    relative(top, folder) !== '' &&
    !relative(top, folder)
      .split('/')
      .some((name) => name.startsWith('.'))
  );
}
