/** What tells a path in running text from a word with a slash or a dot. */

const FILE_EXTENSIONS: ReadonlySet<string> = new Set(
  (
    'ts tsx mts cts js jsx mjs cjs json jsonc json5 md mdx txt rst adoc css scss sass less html htm xml svg png jpg jpeg gif webp ico ' +
    'vue svelte astro graphql gql sql prisma py rb go rs java kt kts scala c h cc cpp hpp cs fs php swift m mm dart lua ex exs erl clj hs r jl ' +
    'sh bash zsh fish ps1 bat yml yaml toml ini cfg conf env lock tf tfvars hcl nix gradle csv tsv log pdf docx xlsx ipynb proto snap wav mp3 webm ogg'
  ).split(' '),
);

const NAMED_FILES: ReadonlySet<string> = new Set([
  'README',
  'CONTRIBUTING',
  'CHANGELOG',
  'LICENSE',
  'LICENCE',
  'SECURITY',
  'CODEOWNERS',
  'AUTHORS',
  'NOTICE',
  'CODE_OF_CONDUCT',
  'ROADMAP',
  'ARCHITECTURE',
  'MAINTAINERS',
  'GOVERNANCE',
  'INSTALL',
  'Dockerfile',
  'Containerfile',
  'Makefile',
  'Justfile',
  'Procfile',
  'Jenkinsfile',
  'Caddyfile',
  'Vagrantfile',
  'Gemfile',
  'Rakefile',
]);

const FOLDERS: ReadonlySet<string> = new Set(
  (
    'src app web client server api core lib libs pkg packages apps modules components pages routes views styles public static assets ui frontend backend ' +
    'tests test spec specs e2e docs doc scripts bin tools config configs infra deploy ops k8s helm terraform ansible prisma migrations db database ' +
    'workers runner cli contract bench examples .github .circleci .vscode services controllers models schema schemas hooks internal cmd node_modules dist build'
  ).split(' '),
);

/** Products whose name looks like a file. */
const DOTTED_NAMES: ReadonlySet<string> = new Set(
  'node.js next.js nuxt.js vue.js express.js three.js d3.js react.js angular.js ember.js backbone.js moment.js chart.js alpine.js socket.io fly.io asp.net console.log process.env import.meta.env module.exports'.split(
    ' ',
  ),
);

export const ABBREVIATIONS: ReadonlySet<string> = new Set(
  'e.g. i.e. etc. vs. approx. resp. incl. excl. cf. ca. z.b. u.s. a.m. p.m. mr. ms. dr.'.split(' '),
);

/** @param text one chunk without spaces, its outer punctuation removed */
export function looksLikePath(text: string): boolean {
  const path = withoutPosition(text);
  if (path.length > 1_024 || path.startsWith('@') || path.endsWith('()')) return false;
  const parts = path.split(/[/\\]/);
  if (parts.length === 1) return hasFileExtension(path) || isDotFile(path);
  const last = parts.at(-1) ?? '';
  if (hasFileExtension(last)) return true;
  if (parts[0] === '') return parts.length > 2 && FOLDERS.has(parts[1] ?? ''); // "/healthz" is an address of the product, not a file
  if (parts[0] === '.' || parts[0] === '..' || parts[0] === '~') return true;
  const hasFolderName = FOLDERS.has((parts[0] ?? '').toLowerCase());
  // "client/server" and "docs/tests" are pairs of words; "web/app/" and "core/users" are places
  if (last === '') return parts.length > 1 && HAS_LETTER.test(parts[0] ?? '');
  return (
    hasFolderName && !(parts.length === 2 && FOLDERS.has(last.toLowerCase()) && !PARENT_FOLDERS.has(parts[0] ?? ''))
  );
}

/** Files known by their name alone. Lower-case "license" or "security" are words. */
export function isNamedFile(text: string): boolean {
  return NAMED_FILES.has(text) || /^Dockerfile\.[\w-]+$/.test(text);
}

/** `src/a.ts:10:5` → `src/a.ts` */
export function withoutPosition(path: string): string {
  return path.replace(/:\d{1,6}(?::\d{1,6})?$/, '');
}

const HAS_LETTER = /[a-z]/i;
const PARENT_FOLDERS: ReadonlySet<string> = new Set([
  'src',
  'app',
  'web',
  'packages',
  'apps',
  'lib',
  '.github',
  'node_modules',
  'dist',
  'build',
]);

/** Also for names with spaces, which only backticks or quotes can hold together. */
export function hasFileExtension(name: string): boolean {
  const dot = name.lastIndexOf('.');
  if (dot < 1 || DOTTED_NAMES.has(name.toLowerCase())) return false;
  const stem = name.slice(0, dot);
  const extension = name.slice(dot + 1);
  if (!FILE_EXTENSIONS.has(extension.toLowerCase()) && !extension.startsWith('*')) return false;
  // "it.Go" and "docs.rs": a sentence without a space, a domain
  return extension === extension.toLowerCase() && /[\w\])*-]$/.test(stem);
}

function isDotFile(name: string): boolean {
  return /^\.(?:env|npmrc|gitignore|gitattributes|editorconfig|dockerignore|prettierrc|eslintrc|nvmrc|babelrc)(?:\.[\w-]+)?$/.test(
    name,
  );
}
