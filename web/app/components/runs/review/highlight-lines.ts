import { common, createLowlight } from 'lowlight';

type Node = ReturnType<ReturnType<typeof createLowlight>['highlight']>['children'][number];

/** A stretch of code in one colour. Text only. */
export interface CodeToken {
  text: string;
  className: string;
}

const lowlight = createLowlight(common);
/** Longer texts are shown without colours: it would take too long to find them. */
const MAX_CHARS = 200_000;

const LANGUAGES: Record<string, string> = {
  js: 'javascript',
  mjs: 'javascript',
  cjs: 'javascript',
  jsx: 'javascript',
  ts: 'typescript',
  mts: 'typescript',
  tsx: 'typescript',
  json: 'json',
  py: 'python',
  rb: 'ruby',
  rs: 'rust',
  go: 'go',
  java: 'java',
  kt: 'kotlin',
  swift: 'swift',
  c: 'c',
  h: 'c',
  cpp: 'cpp',
  cc: 'cpp',
  hpp: 'cpp',
  cs: 'csharp',
  php: 'php',
  sh: 'bash',
  bash: 'bash',
  zsh: 'bash',
  sql: 'sql',
  css: 'css',
  scss: 'scss',
  less: 'less',
  html: 'xml',
  xml: 'xml',
  svg: 'xml',
  vue: 'xml',
  md: 'markdown',
  yml: 'yaml',
  yaml: 'yaml',
  toml: 'ini',
  ini: 'ini',
  graphql: 'graphql',
  lua: 'lua',
  pl: 'perl',
  r: 'r',
  diff: 'diff',
  makefile: 'makefile',
  mk: 'makefile',
};

const CLASSES: [RegExp, string][] = [
  [/^hljs-(comment|quote|doctag)/, 'text-faint italic'],
  [/^hljs-(keyword|selector-tag|name|section)/, 'text-ansi-magenta'],
  [/^hljs-(string|regexp|char|addition)/, 'text-ansi-green'],
  [/^hljs-(number|literal|symbol|bullet|variable|template-variable)/, 'text-ansi-yellow'],
  [/^hljs-(title|attr|attribute|property|selector-id|selector-class)/, 'text-ansi-blue'],
  [/^hljs-(type|built_in|class|params|meta|link)/, 'text-ansi-cyan'],
];

/** Colours the lines of one side of a hunk; lines stay lines, whatever the colours span. */
export function highlightLines(lines: readonly string[], path: string): CodeToken[][] {
  const language = LANGUAGES[path.split('/').at(-1)?.toLowerCase().split('.').at(-1) ?? ''];
  const text = lines.join('\n');
  if (!language || !lowlight.registered(language) || text.length > MAX_CHARS)
    return lines.map((line) => [{ text: line, className: '' }]);
  const result: CodeToken[][] = [[]];
  const walk = (node: Node, className: string): void => {
    if (node.type === 'text') {
      node.value.split('\n').forEach((part, i) => {
        if (i > 0) result.push([]);
        if (part !== '') result.at(-1)?.push({ text: part, className });
      });
    } else if (node.type === 'element') {
      const own = node.properties['className']?.map(classOf).find(Boolean);
      for (const child of node.children) walk(child, own ?? className);
    }
  };
  for (const child of lowlight.highlight(language, text).children) walk(child, '');
  return result;
}

function classOf(name: string): string {
  return CLASSES.find(([pattern]) => pattern.test(name))?.[1] ?? '';
}
