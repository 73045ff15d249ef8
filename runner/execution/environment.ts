import { AGENT_PROGRAMS, type AgentProgram } from '#contract/agent-programs.ts';
import type { RunSpec } from '#contract/run-spec.ts';
import { delimiter, join } from 'node:path';
import { agentAuthor, identity } from './commit.ts';
import { POLICY_FILE, type RunnerPolicy } from './policy.ts';
import { RUN_ID_VARIABLE } from './processes.ts';
import { isSignedIn } from './signed-in.ts';

const PROGRAMS = new Map<string, AgentProgram>(Object.entries(AGENT_PROGRAMS));
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

/** The environment of a run's programs: a short list, the names that spec and policy agree on, fixed values, and what the task is. */
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
    ...spec.envValues,
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

interface Machine {
  env: Readonly<Record<string, string | undefined>>;
  policy: Pick<RunnerPolicy, 'envNames'>;
  runnerName: string;
  runnerFolder: string;
}

/** What the run's log says of names that the agent asks for and nobody has set. @returns null: all are */
export function noteOnUnset(
  { env: names, envValues, commands }: Pick<RunSpec, 'env' | 'envValues' | 'commands'>,
  { env, policy, runnerName, runnerFolder }: Machine,
): string | null {
  const own = PROGRAMS.get(commands.at(-1)?.[0] ?? '');
  const isIdle = (name: string): boolean => {
    if (!own || ![...own.keyNames, ...own.otherNames].includes(name)) return false;
    // A program reads what it finds; that it finds no way to sign in is worth saying.
    return !own.keyNames.includes(name) || isSignedIn(own, { policy, env });
  };
  const unset = names.filter((name) => env[name] === undefined && !Object.hasOwn(envValues, name) && !isIdle(name));
  if (unset.length === 0) return null;
  // Of root's variables, a runner that is another user gets only those that its policy names.
  const unlisted = unset.filter((name) => !policy.envNames.includes(name));
  const advice = `; to set ${unlisted.join(', ')}, name it in "envNames" of ${join(runnerFolder, POLICY_FILE)} first`;
  return `Not set in the environment of runner ${runnerName}: ${unset.join(', ')}${unlisted.length > 0 ? advice : ''}`;
}
