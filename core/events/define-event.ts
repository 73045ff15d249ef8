import { z } from 'zod';

export type EntityKind =
  | 'project'
  | 'task'
  | 'agent'
  | 'run'
  | 'artifact'
  | 'conversation'
  | 'message'
  | 'recording'
  | 'cycle'
  | 'runner'
  | 'member';

export interface EventDefinition<Patch extends z.ZodRawShape = z.ZodRawShape> {
  type: string;
  entity: EntityKind;
  patch: z.ZodObject<Patch>;
  /** False for what a person did not change: such an event leaves projects.updated_at alone. */
  touchesProject: boolean;
  /** Whether the state document or its versions tell of it: always, never, when one of these is in the patch, or when the patch says so. */
  touchesState: boolean | readonly string[] | ((patch: Record<string, unknown>) => boolean);
  /** False: a notice that is not stored and carries no cursor. */
  isStored: boolean;
}

/** What is stored, published and handed to subscribers. `cursor` is null for notices. */
export interface EventEnvelope {
  type: string;
  ts: string;
  projectId: string;
  cursor: string | null;
  entity: { id: string; patch: Record<string, unknown> };
}

/** Declares an event type: dotted, past tense. Patches carry only what a client needs to update its cache. */
export function defineEvent<Patch extends z.ZodRawShape>(
  type: string,
  entity: EntityKind,
  patch: Patch,
  options: {
    touchesProject?: boolean;
    touchesState?: boolean | readonly (keyof Patch & string)[] | ((patch: Record<string, unknown>) => boolean);
    isStored?: boolean;
  } = {},
): EventDefinition<Patch> {
  return {
    type,
    entity,
    patch: z.strictObject(patch),
    touchesProject: options.touchesProject ?? true,
    touchesState: options.touchesState ?? false,
    isStored: options.isStored ?? true,
  };
}
