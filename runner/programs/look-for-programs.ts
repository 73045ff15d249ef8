import { AGENT_PROGRAMS, type AgentProgram } from '#contract/agent-programs.ts';
import { cutText } from '#contract/cut-text.ts';
import type { ProgramReport, ProgramState } from '#contract/program-report.ts';
import { delimiter } from 'node:path';
import { pathFoldersFor, resolveCommand, type ExecutableSearch } from '../execution/executables.ts';
import { RunFailure } from '../execution/outcome.ts';
import type { RunnerPolicy } from '../execution/policy.ts';
import { isSignedIn } from '../execution/signed-in.ts';
import { askVersion } from './ask-version.ts';

const MAX_PROBLEM_CHARS = 1_000;

export interface ProgramSearch {
  search: ExecutableSearch;
  policy: Pick<RunnerPolicy, 'envNames'>;
  /** The runner's own. */
  env: Readonly<Record<string, string | undefined>>;
  signal: AbortSignal;
}

/** Which of the well-known agents could be run here: one after the other, since some take seconds to say their version. */
export async function lookForPrograms(machine: ProgramSearch): Promise<ProgramReport> {
  const programs: ProgramState[] = [];
  for (const [name, known] of Object.entries<AgentProgram>(AGENT_PROGRAMS)) {
    if (machine.signal.aborted) break;
    programs.push(await stateOf(name, known, machine));
  }
  return { programs };
}

async function stateOf(program: string, known: AgentProgram, machine: ProgramSearch): Promise<ProgramState> {
  const { search, env, signal } = machine;
  const argv = [program, '--version'];
  try {
    const { file, args } = resolveCommand(argv, search);
    const version = await askVersion(file, args, {
      env: {
        PATH: pathFoldersFor({ setup: [], commands: [argv] }, search).join(delimiter),
        ...(env['HOME'] === undefined ? {} : { HOME: env['HOME'] }),
      },
      signal,
    });
    return { program, path: file, version, isSignedIn: isSignedIn(known, machine), problem: null };
  } catch (error) {
    if (!(error instanceof RunFailure)) throw error;
    const problem = cutText(error.message.replace(/[\u0000-\u001f\u007f]/g, ' '), MAX_PROBLEM_CHARS, '…');
    return { program, path: null, version: null, isSignedIn: isSignedIn(known, machine), problem };
  }
}
