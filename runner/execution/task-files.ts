import type { RunSpec } from '#contract/run-spec.ts';
import { closeSync, constants, fstatSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { RunFailure } from './outcome.ts';
import { isInside, realpathOrNull } from './paths.ts';
import { deniedBy } from './violations.ts';

const MAX_AGENT_PROMPT_BYTES = 64 * 1024;

export interface TaskFiles {
  /** The whole prompt as text, for a command's standard input, or where it writes {promptFile}. */
  promptFile: string;
  /** The same in parts, with the project's state: OVERMIND_TASK_FILE. */
  taskFile: string;
}

/** Where a run's are. */
export function taskFilesIn(runFolder: string): TaskFiles {
  return { promptFile: join(runFolder, 'prompt.txt'), taskFile: join(runFolder, 'task.json') };
}

export interface TaskFilesOrder {
  runFolder: string;
  /** Where the agent works; its standing instructions may be a file in there. */
  workFolder: string;
  /** Files that no agent is to be given, whatever name leads to them. */
  deniedGlobs: readonly string[];
}

/**
 * Writes what the agent is asked to do, into `taskFilesIn` of its run's folder. Task text reaches programs in these files
 * only, never in a command line.
 * @throws RunFailure path_refused when that file is missing or leads out of the folder
 */
export function writeTaskFiles(spec: RunSpec, { runFolder, workFolder, deniedGlobs }: TaskFilesOrder): TaskFiles {
  const agentPrompt = readAgentPrompt(spec, workFolder, deniedGlobs);
  const files = taskFilesIn(runFolder);
  const { prompt, runId, taskId, projectId, agentName, attempt } = spec;
  const task = {
    runId,
    taskId,
    taskShortId: spec.taskShortId,
    projectId,
    agentName,
    attempt,
    title: prompt.title,
    description: prompt.description,
    acceptanceCriteria: prompt.acceptanceCriteria,
    feedback: prompt.feedback,
    agentPrompt,
    model: prompt.model,
    conversation: prompt.conversation,
    stateDocument: spec.stateDocument,
  };
  writeFileSync(files.promptFile, composePrompt(spec, agentPrompt), { mode: 0o600 });
  writeFileSync(files.taskFile, `${JSON.stringify(task, null, 2)}\n`, { mode: 0o600 });
  return files;
}

/** The prompt as one text: standing instructions, task, criteria, then what a reviewer wants changed. */
function composePrompt(spec: RunSpec, agentPrompt: string | null): string {
  const { title, description, acceptanceCriteria, feedback, conversation } = spec.prompt;
  const isGoingOn = spec.session !== null;
  const parts = [
    isGoingOn ? goingOn(spec) : agentPrompt,
    `# Task: ${title}`,
    description,
    acceptanceCriteria.length > 0
      ? `## Acceptance criteria\n\n${acceptanceCriteria.map((criterion) => `- ${criterion}`).join('\n')}`
      : null,
    conversation.length > 0 && !isGoingOn
      ? `## From the conversation\n\n${conversation.map(({ role, content }) => `${role}: ${content}`).join('\n\n')}`
      : null,
    feedback === null
      ? null
      : `## Feedback on the previous attempt\n\nYour earlier work is in this branch. A reviewer asks:\n\n${feedback}`,
  ];
  return `${parts
    .map((part) => part?.trim() ?? '')
    .filter((part) => part !== '')
    .join('\n\n')}\n`;
}

/** What an agent that remembers its last attempt has to know of this one. */
function goingOn({ startFromBranch, baseBranch }: RunSpec): string {
  const folder =
    startFromBranch === null
      ? `The folder was made ready anew from ${baseBranch ?? 'the branch it began with'}: look at it before you rely on what you remember.`
      : 'What you changed then is in the folder.';
  return `You go on with a task that you have worked on before, in the same session. ${folder} This is the task as it stands now.`;
}

function readAgentPrompt(spec: RunSpec, workFolder: string, deniedGlobs: readonly string[]): string | null {
  const { agentPrompt } = spec.prompt;
  if (agentPrompt === null) return null;
  if ('text' in agentPrompt) return agentPrompt.text;
  const real = realpathOrNull(join(workFolder, agentPrompt.file));
  if (real === null)
    throw new RunFailure(
      'path_refused',
      `The agent's instructions are to be read from ${agentPrompt.file}, which is not in the repository`,
      [agentPrompt.file],
    );
  if (!isInside(realpathOrNull(workFolder) ?? workFolder, real))
    throw new RunFailure(
      'path_refused',
      `The file ${agentPrompt.file} with the agent's instructions leads out of the repository`,
      [agentPrompt.file],
    );
  const isDenied = deniedBy(deniedGlobs);
  if (isDenied(agentPrompt.file) || isDenied(relative(realpathOrNull(workFolder) ?? workFolder, real))) {
    throw new RunFailure(
      'path_refused',
      `The file ${agentPrompt.file} with the agent's instructions is on the deny list`,
      [agentPrompt.file],
    );
  }
  // Not followed, not waited for: a pipe in its place would hold up the runner.
  const file = openSync(real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const stat = fstatSync(file);
    if (!stat.isFile() || stat.size > MAX_AGENT_PROMPT_BYTES)
      throw new RunFailure(
        'path_refused',
        `The file ${agentPrompt.file} with the agent's instructions is no file of at most 64 KB`,
        [agentPrompt.file],
      );
    return readFileSync(file, 'utf8');
  } finally {
    closeSync(file);
  }
}
