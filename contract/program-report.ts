import { z } from 'zod';
import { absolutePath, line, sentence } from './fields.ts';

const MAX_PROGRAMS = 50;

/** What a runner tells of an agent's program on its machine. No key and no content of a log-in. */
const ProgramState = z.strictObject({
  /** The name of its command. */
  program: line(64),
  /** Where it is; null: it can not be run. */
  path: absolutePath.nullable(),
  /** As it says itself; null: it said nothing that looks like a version. */
  version: line(100).nullable(),
  /** Its log-in's file is there, or a variable that signs it in is set and handed out. */
  isSignedIn: z.boolean(),
  /** Why it can not be run; null: it can. */
  problem: sentence.nullable(),
});
export type ProgramState = z.infer<typeof ProgramState>;

/** The well-known programs of agents, as a runner has found them. */
export const ProgramReport = z.strictObject({ programs: z.array(ProgramState).max(MAX_PROGRAMS) });
export type ProgramReport = z.infer<typeof ProgramReport>;
