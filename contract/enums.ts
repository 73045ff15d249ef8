/**
 * The closed lists of values that pass between the parts. They are lower_snake here, in the
 * database and in the state document, and UPPER_SNAKE in GraphQL.
 */
export const TASK_TYPES = ['code_change', 'test', 'review', 'doc', 'research', 'infra'] as const;
export type TaskType = (typeof TASK_TYPES)[number];

/** Types whose result is what the agent says: its report is kept as a file, and is what a person reviews. */
export const REPORT_TASK_TYPES: readonly TaskType[] = ['test', 'review', 'research'];
/** The name of that file among the artifacts of kind report. */
export const REPORT_NAME = 'report.md';

export const REQUEST_SOURCES = ['voice', 'chat', 'api'] as const;
export type RequestSource = (typeof REQUEST_SOURCES)[number];

export const RUN_KINDS = ['task', 'merge', 'maintenance'] as const;

export const RUN_STATUSES = [
  'pending',
  'started',
  'streaming',
  'completed',
  'failed',
  'timed_out',
  'canceled',
] as const;

export const TERMINAL_RUN_STATUSES = ['completed', 'failed', 'timed_out', 'canceled'] as const;
export type TerminalRunStatus = (typeof TERMINAL_RUN_STATUSES)[number];

/** Why a run ended. Which reason belongs to which terminal status is `RUN_REASONS_BY_STATUS`. */
export const RUN_REASONS_BY_STATUS = {
  completed: ['ok', 'empty_diff'],
  failed: [
    'exit_code',
    'refused',
    'nothing_done',
    'sign_in_needed',
    'quota',
    'rate_limited',
    'overloaded',
    'context_full',
    'model_unknown',
    'permission_denied',
    'cut_off',
    'agent_crashed',
    'command_missing',
    'command_refused',
    'path_refused',
    'repo_missing',
    'repo_dirty',
    'worktree_failed',
    'denied_change',
    'output_limit',
    'disk_full',
    'merge_conflict',
    'review_outdated',
    'not_sandboxed',
    'invalid_result',
    'internal',
  ],
  timed_out: ['run_timeout', 'idle_timeout', 'runner_lost', 'outcome_unknown'],
  canceled: ['by_user', 'by_task_cancel', 'superseded', 'budget'],
} as const satisfies Record<TerminalRunStatus, readonly string[]>;
export const RUN_REASONS = Object.values(RUN_REASONS_BY_STATUS).flat();
export type RunReason = (typeof RUN_REASONS)[number];

export const LOG_STREAMS = ['stdout', 'stderr', 'system'] as const;

export const ARTIFACT_KINDS = ['diff', 'patch', 'report', 'test_results', 'screenshot'] as const;
export type ArtifactKind = (typeof ARTIFACT_KINDS)[number];

/** How an ignored file of the user's checkout gets into a task's folder. */
export const CARRY_MODES = ['link', 'copy'] as const;

export const STDIN_MODES = ['none', 'prompt'] as const;

/**
 * Whose stream an agent prints: it tells what the agent does and how it ended. `plain`: words for people, nothing more is
 * known. `acp`: the Agent Client Protocol, whoever speaks it.
 */
export const AGENT_READERS = ['plain', 'codex', 'claude', 'gemini', 'opencode', 'acp'] as const;

export const REVIEW_POLICIES = ['required', 'auto'] as const;

/** The agents every project starts with; the rules planner addresses them by these names. */
export const DEFAULT_AGENT_NAMES = ['frontend', 'backend', 'qa', 'infra', 'docs'] as const;
export type DefaultAgentName = (typeof DEFAULT_AGENT_NAMES)[number];

/** Where the transcript of a recording stands. `none`: nobody has asked for it yet, or its upload is under way. */
export const TRANSCRIPTION_STATUSES = [
  'none',
  'queued',
  'running',
  'completed',
  'no_speech',
  'failed',
  'engine_unavailable',
] as const;
