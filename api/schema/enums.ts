import {
  AGENT_READERS,
  ARTIFACT_KINDS,
  LOG_STREAMS,
  RUN_KINDS,
  RUN_REASONS,
  RUN_STATUSES,
  TASK_TYPES,
  REQUEST_SOURCES,
  TRANSCRIPTION_STATUSES,
} from '#contract/enums.ts';
import { REPOSITORY_PROBLEMS } from '#contract/repositories.ts';
import { AGENT_PRESET_NAMES } from '#core/agents/presets.ts';
import { TASK_STATUSES } from '#core/tasks/transitions.ts';
import { THEN_TASK } from '#core/runs/cancel-run.ts';
import { builder } from './builder.ts';

/** GraphQL enums are the lists of contract and database in UPPER_SNAKE. */
export function enumOf<const T extends string>(name: string, description: string, values: readonly T[]) {
  return builder.enumType(name, {
    description,
    values: Object.fromEntries(values.map((value) => [value.toUpperCase(), { value }])) as Record<
      Uppercase<T>,
      { value: T }
    >,
  });
}

export const TaskStatusEnum = enumOf('TaskStatus', 'Where a task stands in its life cycle.', TASK_STATUSES);
export const TaskTypeEnum = enumOf(
  'TaskType',
  'What kind of work a task is; the planner chooses the agent by it.',
  TASK_TYPES,
);
export const RequestSourceEnum = enumOf('RequestSource', 'Where an ask came from.', REQUEST_SOURCES);
export const TaskEventTypeEnum = enumOf('TaskEventType', 'What an entry of the audit trail records.', [
  'created',
  'status_changed',
  'log',
  'artifact',
  'error',
  'comment',
]);
export const RunKindEnum = enumOf(
  'RunKind',
  'What a run is for: an agent works, an approved branch is merged, or maintenance.',
  RUN_KINDS,
);
export const RunStatusEnum = enumOf('RunStatus', 'Where one attempt stands. The last four are final.', RUN_STATUSES);
export const RunReasonEnum = enumOf('RunReason', 'Why a run ended.', RUN_REASONS);
export const ThenTaskEnum = enumOf(
  'ThenTask',
  'What becomes of the task of a run that is stopped. PUT_BACK: queued again, and held until a person starts it. CANCEL: canceled.',
  THEN_TASK,
);
export const AgentReaderEnum = enumOf(
  'AgentReader',
  'Whose stream an agent prints. PLAIN: words for people. ACP: the Agent Client Protocol.',
  AGENT_READERS,
);
export const LogStreamEnum = enumOf(
  'LogStream',
  'Where a line came from: the program, or the runner itself (SYSTEM).',
  LOG_STREAMS,
);
export const ArtifactKindEnum = enumOf('ArtifactKind', 'What a file of a run is.', ARTIFACT_KINDS);
export const ProjectStatusEnum = enumOf(
  'ProjectStatus',
  'PAUSED: nothing is started. ARCHIVED: read-only and hidden.',
  ['active', 'paused', 'archived'],
);
export const DeletionKindEnum = enumOf('DeletionKind', 'What was deleted.', ['task', 'project']);
export const StateFormatEnum = enumOf('StateFormat', 'How a state document is written.', ['yaml', 'json']);
export const AgentTypeEnum = enumOf(
  'AgentType',
  'CLOUD agents are reached by a runner with that label; otherwise both behave alike.',
  ['local', 'cloud'],
);
export const AgentPresetEnum = enumOf(
  'AgentPreset',
  'Well-known coding agents; `Query.agentPresets` says more. DEMO is built in: no account, no key, no cost. SCRIPT: a command of your own.',
  AGENT_PRESET_NAMES,
);
export const ConversationModeEnum = enumOf('ConversationMode', 'How a conversation is held.', ['text', 'voice']);
export const MessageRoleEnum = enumOf(
  'MessageRole',
  'Who speaks. RELAYER: a transcript or an outside request turned into text. AGENT: the summary of a run.',
  ['user', 'relayer', 'orchestrator', 'agent'],
);
export const ContentFormatEnum = enumOf('ContentFormat', 'How a message is to be read.', ['plain', 'markdown', 'json']);
export const CycleModeEnum = enumOf(
  'CycleMode',
  'INCREMENTAL looks at new inputs only; FULL also plans every queued and blocked task again.',
  ['incremental', 'full'],
);
export const CycleStatusEnum = enumOf('CycleStatus', 'Where a cycle stands.', [
  'pending',
  'running',
  'completed',
  'failed',
]);
export const CyclePhaseEnum = enumOf('CyclePhase', 'The phases of a cycle, in their order.', [
  'started',
  'loaded_state',
  'validated_state',
  'ingested_inputs',
  'planned_tasks',
  'scheduled_runs',
  'updated_state',
  'completed',
]);
export const RunnerConnectionEnum = enumOf(
  'RunnerConnectionState',
  'UNREACHABLE: its socket closed or is silent, but its runs may still be working.',
  ['online', 'unreachable', 'offline'],
);
export const RunnerCommandTypeEnum = enumOf(
  'RunnerCommandType',
  "WORK: there may be a run to claim. CANCEL: stop this run. INPUT: something was said to this run, which takeRunInput hands over. LOOK: look for repositories again. CHECK: look at one path. REMOVE_WORK_FOLDER: remove a task's folder. The last three are answered.",
  ['work', 'cancel', 'input', 'look', 'check', 'remove_work_folder'],
);
export const RepositoryProblemEnum = enumOf(
  'RepositoryProblem',
  'What is wrong with a path that was to be a repository.',
  REPOSITORY_PROBLEMS,
);
export const TranscriptionStatusEnum = enumOf(
  'TranscriptionStatus',
  'Where the transcript of a recording stands. NONE: nobody has asked for it yet. ENGINE_UNAVAILABLE: it is made once there is a speech engine.',
  TRANSCRIPTION_STATUSES,
);
