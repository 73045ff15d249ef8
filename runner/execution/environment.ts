import type { RunSpec } from '#contract/run-spec.ts';
import { delimiter } from 'node:path';
import { agentAuthor, identity } from './commit.ts';
import { RUN_ID_VARIABLE } from './processes.ts';

/** What any program needs to find its way around; nothing here is secret. */
const BASE_NAMES = [
  'HOME',
  'USER',
  'LOGNAME',
  'SHELL',
  'LANG',
  'LC_ALL',
  'LC_CTYPE',
  'TZ',
  'TMPDIR',
  'XDG_CONFIG_HOME',
  'XDG_CACHE_HOME',
  'XDG_DATA_HOME',
];

/** The environment of a run's programs: a short list, the names that spec and policy agree on, and what the task is. */
export function childEnvironment(
  spec: RunSpec,
  taskFile: string,
  pathFolders: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const child: Record<string, string> = {};
  for (const name of [...BASE_NAMES, ...spec.env]) {
    const value = env[name];
    if (value !== undefined) child[name] = value;
  }
  return {
    ...child,
    ...identity(agentAuthor(spec.agentName)),
    PATH: pathFolders.join(delimiter),
    TERM: 'xterm-256color',
    GIT_TERMINAL_PROMPT: '0',
    [RUN_ID_VARIABLE]: spec.runId,
    OVERMIND_PROJECT_ID: spec.projectId,
    OVERMIND_TASK_ID: spec.taskId ?? '',
    OVERMIND_AGENT: spec.agentName,
    OVERMIND_ATTEMPT: String(spec.attempt),
    OVERMIND_MODEL: spec.prompt.model ?? '',
    OVERMIND_TASK_FILE: taskFile,
  };
}

/** What the run's log says of names that the agent asks for and nobody has set. @returns null: all are */
export function noteOnUnset(
  { env: names }: Pick<RunSpec, 'env'>,
  env: Readonly<Record<string, string | undefined>>,
  runnerName: string,
): string | null {
  const unset = names.filter((name) => env[name] === undefined);
  return unset.length === 0 ? null : `Not set in the environment of runner ${runnerName}: ${unset.join(', ')}`;
}
