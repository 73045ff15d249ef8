import type { ToolKind } from '#contract/activity.ts';
import { listOf, objectOf, textOf, type Event } from '../reading.ts';

/** By their names in small letters, without anything between these. */
const KINDS: readonly (readonly [ToolKind, ReadonlySet<string>])[] = [
  ['read', new Set(['read', 'readfile', 'readmanyfiles', 'notebookread', 'list', 'ls', 'listdirectory', 'viewimage'])],
  [
    'edit',
    new Set([
      'edit',
      'multiedit',
      'notebookedit',
      'write',
      'writefile',
      'replace',
      'patch',
      'applypatch',
      'filechange',
    ]),
  ],
  ['search', new Set(['grep', 'glob', 'grepsearch', 'searchfilecontent', 'codesearch'])],
  [
    'execute',
    new Set([
      'bash',
      'bashoutput',
      'killshell',
      'killbash',
      'runshellcommand',
      'commandexecution',
      'shell',
      'localshellcall',
    ]),
  ],
  ['fetch', new Set(['webfetch', 'websearch', 'googlewebsearch'])],
  ['delegate', new Set(['task', 'agent', 'collabtoolcall', 'delegatetoagent', 'codebaseinvestigator'])],
];

const PATHS = ['file_path', 'filePath', 'path', 'absolute_path', 'notebook_path', 'dir_path', 'paths', 'filename'];
/** Where the input of a tool says what it is about: the first that is there. */
const TARGETS: Record<ToolKind, readonly string[]> = {
  read: PATHS,
  edit: PATHS,
  search: ['pattern', 'query', ...PATHS],
  execute: ['command', 'cmd', 'script'],
  fetch: ['url', 'query', 'prompt'],
  delegate: ['description', 'objective', 'prompt'],
  other: ['command', ...PATHS, 'url', 'query', 'pattern', 'skill', 'title', 'description', 'prompt'],
};

export function toolKindOf(name: string): ToolKind {
  const key = name.length > 100 ? '' : name.toLowerCase().replace(/[^a-z]/g, '');
  return KINDS.find(([, names]) => names.has(key))?.[0] ?? 'other';
}

/** The command, file, address or words that a call is about; null: it does not say. */
export function targetOf(kind: ToolKind, input: Event): string | null {
  for (const key of [...TARGETS[kind], ...TARGETS.other]) {
    const held = input[key];
    const target = Array.isArray(held) ? held.filter((part) => typeof part === 'string').join(' ') : textOf(held);
    if (target !== null && target.trim() !== '') return target;
  }
  return null;
}

/** The texts in what a tool answered: a text, or a list of parts of which some are. */
export function textIn(value: unknown): string | null {
  if (typeof value === 'string') return textOf(value);
  const texts = listOf(value)
    .map((part) => textOf(part) ?? textOf(objectOf(part)['text']))
    .filter((text) => text !== null);
  return texts.length === 0 ? null : texts.join('\n');
}
