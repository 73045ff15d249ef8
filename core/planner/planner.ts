import type { Request } from '#contract/request.ts';
import type { TaskDefinition } from '#contract/task-definition.ts';

/** What a planner may know about the project besides the requests. */
export interface PlanContext {
  /** All agents of the project, the disabled ones too: a planner names the right one, scheduling says why it waits. */
  agents: readonly { name: string; isEnabled: boolean }[];
}

/** Turns requests into tasks. A planner makes tasks, never commands, and writes nothing. */
export interface Planner {
  /** Shown where the plan is explained: `rules`, `llm`. */
  readonly name: string;
  /** @returns one definition for each request, in their order */
  plan(requests: readonly Request[], context: PlanContext): Promise<TaskDefinition[]>;
}
