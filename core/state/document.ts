import { z } from 'zod';
import { parseDocument } from 'yaml';
import { MAX_PINNED_ACTIONS, MAX_STATE_LINE_CHARS, MAX_STATE_NOTE_CHARS } from '#contract/limits.ts';
import { id, priority } from '#contract/fields.ts';
import { parseInput } from '#core/errors/parse-input.ts';
import { InvalidInputError } from '#core/errors/errors.ts';

export type StateFormat = 'yaml' | 'json';

/** An archived project is hidden and read-only; its document only says so. */
export const PROJECT_STATUSES = ['active', 'paused'] as const;
export const MAX_STATE_DOCUMENT_CHARS = 512 * 1024;

// PostgreSQL stores neither NUL nor half a surrogate pair.
const storable = z.string().regex(/^[^\0\p{Surrogate}]*$/u, 'This has a character that can not be stored');
/** One thought: a focus, an action. */
export const line = storable.trim().min(1, 'This needs a text').max(MAX_STATE_LINE_CHARS);
export const note = storable.max(MAX_STATE_NOTE_CHARS);
const words = storable.max(MAX_STATE_NOTE_CHARS);
const moment = z.iso.datetime({ offset: true });

/** The canonical content, with the keys as they stand in the text. */
export const StateDocument = z.strictObject({
  project: z.strictObject({ name: words.min(1), status: z.enum([...PROJECT_STATUSES, 'archived']) }),
  summary: z.strictObject({
    current_focus: line.nullable().default(null),
    last_update: moment.nullable().default(null),
  }),
  tasks: z
    .strictObject({
      active: z
        .array(
          z.strictObject({
            id,
            short_id: words.optional(),
            title: words,
            status: z.enum(['in_progress', 'needs_review']),
            agent: words.nullable(),
          }),
        )
        .default([]),
      blocked: z.array(z.strictObject({ id, short_id: words.optional(), reason: words })).default([]),
      next: z
        .array(z.strictObject({ id, short_id: words.optional(), title: words, priority, agent: words.nullable() }))
        .default([]),
      // "and 7 more": there is no room for all of them.
      active_more: words.optional(),
      blocked_more: words.optional(),
      next_more: words.optional(),
    })
    .prefault({}),
  runs: z
    .strictObject({
      last_completed: z
        .strictObject({ run_id: id, summary: words.nullable(), finished_at: moment })
        .nullable()
        .default(null),
    })
    .prefault({}),
  next_actions: z
    .array(z.strictObject({ description: words.min(1), priority, pinned: z.boolean().default(false) }))
    .max(200)
    .default([]),
  next_actions_more: words.optional(),
  notes: note.default(''),
});
export type StateDocument = z.infer<typeof StateDocument>;

/**
 * Reads a state document, one that a person wrote included.
 * @throws InvalidInputError naming the line that is no YAML or JSON, or every path that does not fit
 */
export function parseStateDocument(text: string, format: StateFormat): StateDocument {
  if (text.length > MAX_STATE_DOCUMENT_CHARS)
    throw refused(`A state document has at most ${MAX_STATE_DOCUMENT_CHARS} characters; this has ${text.length}`);
  const value = format === 'json' ? readJson(text) : readYaml(text);
  const document = parseInput(StateDocument, value, ['content']);
  return { ...document, next_actions: checkedActions(document) };
}

/** Pinned actions become the person's own, so they keep to its limits. */
function checkedActions({ next_actions }: StateDocument): StateDocument['next_actions'] {
  const pinned = next_actions.filter((action) => action.pinned).length;
  if (pinned > MAX_PINNED_ACTIONS)
    throw new InvalidInputError([
      {
        path: ['content', 'next_actions'],
        message: `At most ${MAX_PINNED_ACTIONS} actions can be pinned; these are ${pinned}`,
      },
    ]);
  return next_actions.map((action, i) =>
    action.pinned
      ? { ...action, description: parseInput(line, action.description, ['content', 'next_actions', i, 'description']) }
      : action,
  );
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw refused(`This is not JSON: ${(error as SyntaxError).message}`, error);
  }
}

function readYaml(text: string): unknown {
  const document = parseDocument(text, { schema: 'core', uniqueKeys: true, prettyErrors: true, logLevel: 'error' });
  // A tag nobody resolves (!ruby/object) is only a warning to the library; in a document of plain data it is a mistake.
  const problem = document.errors[0] ?? document.warnings[0];
  if (problem) throw refused(`This is not YAML: ${problem.message.split('\n')[0]?.replace(/:$/, '') ?? ''}`, problem);
  try {
    return document.toJS({ maxAliasCount: 50 });
  } catch (error) {
    // Too many aliases, or one that points nowhere
    throw refused(`This is not YAML that can be read: ${(error as Error).message}`, error);
  }
}

function refused(message: string, cause?: unknown): InvalidInputError {
  const error = new InvalidInputError([{ path: ['content'], message }]);
  if (cause !== undefined) error.cause = cause;
  return error;
}
