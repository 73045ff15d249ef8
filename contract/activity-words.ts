import type { ActivityEntry, ToolKind, ToolStatus } from './activity.ts';
import { cutText } from './cut-text.ts';

export const MAX_ACTIVITY_WORDS_CHARS = 200;

type Tool = Extract<ActivityEntry, { kind: 'tool' }>;

/** While it runs, and when it is over; with what it is about, and without. */
const TOOL_WORDS: Record<ToolKind, { now: [string, string]; over: [string, string] }> = {
  read: { now: ['Reading', 'Reading'], over: ['Read', 'Read something'] },
  edit: { now: ['Editing', 'Editing files'], over: ['Edited', 'Edited files'] },
  search: { now: ['Searching for', 'Searching'], over: ['Searched for', 'Searched'] },
  execute: { now: ['Running', 'Running a command'], over: ['Ran', 'Ran a command'] },
  fetch: { now: ['Fetching', 'Fetching a page'], over: ['Fetched', 'Fetched a page'] },
  delegate: { now: ['Delegating', 'Delegating a part'], over: ['Delegated', 'Delegated a part'] },
  other: { now: ['Using', 'Using a tool'], over: ['Used', 'Used a tool'] },
};

/**
 * What an agent does, in words for one line: "Running npm test", "Editing src/a.ts", the first line of what it says.
 * @returns at most 200 UTF-16 code units, without an end of line; null: the entry says nothing about it
 */
export function activityWords(entry: ActivityEntry): string | null {
  const words = wordsOf(entry);
  return words === null ? null : cutText(words, MAX_ACTIVITY_WORDS_CHARS, '…');
}

/** What a tool call does or did: "Running npm test", "Ran npm test", "Not allowed: npm test". */
export function toolWords({ name, toolKind, status, target }: Pick<Tool, 'name' | 'toolKind' | 'status' | 'target'>): {
  verb: string;
  about: string | null;
} {
  // What a tool of an unknown kind is about tells nobody what it is; its name does.
  const about = firstLine(toolKind === 'other' ? name : (target ?? ''));
  if (status === 'denied') return { verb: 'Not allowed:', about: about ?? name };
  const [withTarget, alone] = TOOL_WORDS[toolKind][tenseOf(status)];
  return about === null ? { verb: alone, about } : { verb: withTarget, about };
}

function wordsOf(entry: ActivityEntry): string | null {
  switch (entry.kind) {
    case 'message':
      return firstLine(entry.text);
    case 'thought':
      return 'Thinking';
    case 'tool': {
      const { verb, about } = toolWords(entry);
      return about === null ? verb : `${verb} ${about}`;
    }
    case 'plan':
      return firstLine(entry.steps.find(({ status }) => status === 'active')?.text ?? '');
    case 'retry':
      return 'Waiting: tries again';
    case 'warning':
    case 'usage':
    case 'other':
      return null;
  }
}

function tenseOf(status: Exclude<ToolStatus, 'denied'>): 'now' | 'over' {
  return status === 'running' ? 'now' : 'over';
}

/** The first line with words in it; null: there is none. */
function firstLine(text: string): string | null {
  const [line = ''] = text.trimStart().split(/[\r\n\u2028\u2029]/, 1);
  return line.trim() || null;
}
