import { z } from 'zod';
import { REQUEST_SOURCES, TASK_TYPES } from './enums.ts';
import { acceptanceCriteria, id, path, priority } from './fields.ts';
import { MAX_MESSAGE_CHARS } from './limits.ts';

/** What the relayer makes of one ask in a chat message, a transcript or an API call. */
export const Request = z.strictObject({
  id,
  projectId: id,
  source: z.enum(REQUEST_SOURCES),
  /** The words of this one ask, as the person said them. */
  text: z.string().min(1).max(MAX_MESSAGE_CHARS),
  intent: z.enum(TASK_TYPES),
  priority,
  pathHints: z.array(path).max(50),
  acceptanceCriteria,
  /** The message or the recording the ask came from; the API may have neither. */
  messageId: id.nullable(),
  recordingId: id.nullable(),
});
export type Request = z.infer<typeof Request>;
