import { z } from 'zod';
import type { Mark } from './marks.ts';

const MarkLine = z.object({
  at: z.tuple([z.int().min(0), z.int().min(0)]),
  text: z.string().nullable(),
  isEnd: z.boolean(),
  // Runs that an earlier version began have marks without it.
  isAside: z.boolean().default(false),
});

/** Parses one line of marks.spool; a torn line is null. */
export function parseMark(line: string): Mark | null {
  try {
    const parsed = MarkLine.safeParse(JSON.parse(line));
    return parsed.success ? parsed.data : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
