import { z } from 'zod';
import { TASK_TYPES } from './enums.ts';
import { acceptanceCriteria, description, id, priority, title } from './fields.ts';
import { MAX_NAME_CHARS } from './limits.ts';

/** What the planner makes of a request. A planner makes tasks, never commands. */
export const TaskDefinition = z.strictObject({
  requestId: id.nullable(),
  title,
  description,
  acceptanceCriteria,
  type: z.enum(TASK_TYPES),
  priority,
  agent: z.strictObject({
    name: z.string().min(1).max(MAX_NAME_CHARS),
    /** The rule or hint that chose this agent, for people: `type doc → docs`, `path web/ → frontend`. */
    why: z.string().min(1).max(500),
  }),
});
export type TaskDefinition = z.infer<typeof TaskDefinition>;
