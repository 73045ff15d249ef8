import { z } from 'zod';
import { oneLine } from './one-line.ts';
import { parseShortId } from './short-ids.ts';
import { MAX_CRITERIA, MAX_CRITERION_CHARS, MAX_DESCRIPTION_CHARS, MAX_PATH_CHARS, MAX_TITLE_CHARS } from './limits.ts';

/** The building blocks that several shapes of the contract share. */
export const id = z.uuid();
/** A task as people and programs name it. */
export const taskRef = z
  .string()
  .trim()
  .max(100)
  .refine(
    (said) => id.safeParse(said).success || parseShortId(said) !== null,
    'Not the id of a task: a UUID, or a short id such as SHOP-12',
  );
export const title = z.string().overwrite(oneLine).trim().min(1, 'A title is needed').max(MAX_TITLE_CHARS);
/**
 * What things are called, in terminals, logs and lists: one line, and nothing that changes how what stands beside it is
 * read. @source Unicode UAX #9: the characters that set the direction of a text
 */
export const name = z
  .string()
  .trim()
  .min(1, 'A name is needed')
  .regex(
    /^[^\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]*$/u,
    'A name has one line, and no characters that control a terminal or the direction of a text',
  );
export const description = z.string().max(MAX_DESCRIPTION_CHARS);
export const acceptanceCriteria = z.array(z.string().trim().min(1).max(MAX_CRITERION_CHARS)).max(MAX_CRITERIA);
export const priority = z.int().min(1, 'Priority runs from 1 (first) to 5').max(5, 'Priority runs from 1 (first) to 5');

const noControlCharacters = /^[^\u0000-\u001f\u007f]*$/;
export const path = z
  .string()
  .min(1)
  .max(MAX_PATH_CHARS, `A path has at most ${MAX_PATH_CHARS.toLocaleString('en')} characters`)
  .regex(noControlCharacters, 'A path has no control characters');
export const absolutePath = path
  .startsWith('/', { error: 'An absolute path is needed: it starts with "/"', abort: true })
  .refine((value) => !value.split('/').includes('..'), 'An absolute path is needed, without ".."');
/** What programs tell of a machine, to be shown to people. */
export const line = (maxChars: number) =>
  z.string().max(maxChars).regex(noControlCharacters, 'A line has no control characters');
export const sentence = line(1_000);
export const glob = z
  .string()
  .min(1)
  .max(MAX_PATH_CHARS)
  .regex(noControlCharacters, 'A pattern has no control characters');

/** A Git ref name that can not be taken for an option. @source git-check-ref-format(1) */
export const refName = z
  .string()
  .min(1)
  .max(250)
  .regex(
    /^(?![-/.])(?!.*(?:\.\.|@\{|\/\/|\/\.|\.lock(?:\/|$)))[^\u0000-\u0020\u007f~^:?*[\\]+(?<![/.])$/,
    'Not a Git branch name',
  );
export const commitHash = z.string().regex(/^[0-9a-f]{40}([0-9a-f]{24})?$/, 'Not a Git commit hash');

/** One command: the program and its arguments, never a shell line. */
export const argv = z
  .array(
    z
      .string()
      .max(8_192)
      .refine((argument) => !argument.includes('\0'), 'An argument has no NUL'),
  )
  .min(1, 'A command needs a program')
  .max(256);
/** An agent's name for one of its sessions. It is handed back in a command line, so it is never a flag. */
export const sessionId = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.:-]{0,199}$/, 'Not the name of a session');
export const envName = z
  .string()
  .max(128)
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'Not the name of an environment variable');
export const label = z
  .string()
  .max(64)
  .regex(/^[a-z0-9][a-z0-9._-]*$/, 'A label has lower-case letters, digits, dots, dashes and underscores');
