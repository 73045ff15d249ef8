import type { Git } from './git.ts';
import { findProgram, foldersOfPath } from './programs-on-path.ts';
import type { RepositoryPlaces } from './repository-places.ts';

/** Where settings come from that the owner of this machine has written himself, rather than a repository. */
const OWN_SCOPES = new Set(['system', 'global']);
const FILTER_SETTING = /^filter\.(.*)\.(clean|smudge|process|required)$/s;
/** Settings that say how files and objects look; none of them names a program. */
const TAKEN_OVER =
  /^(core\.(autocrlf|eol|filemode|symlinks|ignorecase|precomposeunicode|bigfilethreshold|compression|loosecompression|abbrev)|extensions\.objectformat)$/;
const FOR_AGENTS =
  /^(remote\..*\.(url|fetch|pushurl|tagopt)|branch\..*\.(remote|merge|rebase)|user\.(name|email)|init\.defaultbranch|pull\.(rebase|ff)|push\.default|fetch\.prune)$/s;
/** An address that makes Git run a program, or that holds a password. */
const UNSAFE_URL = /^(ext|fd)::|^[^/]*:\/\/[^/@]*:[^/@]*@/;

export type Setting = readonly [key: string, value: string];

/** What a repository is configured to, and its user, so far as it matters to a copy of it. */
export interface GitSettings {
  /** For our own Git in the copy. */
  format: Setting[];
  /** For the agent's Git besides: remotes and the like. */
  agent: Setting[];
  /** Filters that change a file between the checkout and the repository, by name. */
  filters: { trusted: Map<string, Setting[]>; untrusted: string[] };
}

export interface SettingsOrder {
  places: RepositoryPlaces;
  /** Of the user this runner works for: where his own settings are. */
  env: Readonly<Record<string, string | undefined>>;
  /** Names of filters that the policy trusts. */
  trustedFilters: readonly string[];
}

/** Reads all settings in force in a repository, with whose they are. Runs no program of theirs. */
export async function readGitSettings(git: Git, { places, env, trustedFilters }: SettingsOrder): Promise<GitSettings> {
  const own = {
    HOME: env.HOME ?? '/nonexistent',
    XDG_CONFIG_HOME: env.XDG_CONFIG_HOME,
    GIT_CONFIG_GLOBAL: undefined,
    GIT_CONFIG_NOSYSTEM: undefined,
  };
  const listed = await git.run(['config', '--list', '-z', '--show-scope'], {
    cwd: places.topLevel,
    gitDir: places.gitDir,
    workTree: null,
    env: own,
  });
  const settings: GitSettings = { format: [], agent: [], filters: { trusted: new Map(), untrusted: [] } };
  const untrusted = new Set<string>();
  const fields = listed.split('\0');
  for (let index = 0; index + 1 < fields.length; index += 2) {
    const scope = fields[index] ?? '';
    // Ours, from the environment.
    if (scope === 'command') continue;
    const [key, value] = splitSetting(fields[index + 1] ?? '');
    const filter = FILTER_SETTING.exec(key)?.[1];
    if (filter !== undefined)
      noteFilter(settings, untrusted, {
        filter,
        key,
        value,
        isOwn: OWN_SCOPES.has(scope),
        trustedFilters,
        searchPath: env.PATH ?? '',
      });
    else if (TAKEN_OVER.test(key)) settings.format.push([key, value]);
    else if (FOR_AGENTS.test(key) && !(key.endsWith('url') && UNSAFE_URL.test(value)))
      settings.agent.push([key, value]);
  }
  settings.filters.untrusted = [...untrusted].filter((name) => !settings.filters.trusted.has(name));
  return settings;
}

interface FilterNote {
  filter: string;
  key: string;
  value: string;
  isOwn: boolean;
  trustedFilters: readonly string[];
  searchPath: string;
}

/** A definition counts as trusted only where the user himself has made it: a repository's own says what it likes. */
function noteFilter(
  { filters }: GitSettings,
  untrusted: Set<string>,
  { filter, key, value, isOwn, trustedFilters, searchPath }: FilterNote,
): void {
  const isTrusted =
    isOwn &&
    trustedFilters.includes(filter) &&
    (filter !== 'lfs' || findProgram('git-lfs', foldersOfPath(searchPath)) !== null);
  if (!isTrusted) untrusted.add(filter);
  else filters.trusted.set(filter, [...(filters.trusted.get(filter) ?? []), [key, value]]);
}

/** A key without a value means true. */
function splitSetting(field: string): Setting {
  const end = field.indexOf('\n');
  return end === -1 ? [field, 'true'] : [field.slice(0, end), field.slice(end + 1)];
}

/** The text of a Git configuration file. @source git-config(1), "Syntax" */
export function configText(settings: readonly Setting[]): string {
  return settings
    .map(([key, value]) => {
      const [, section = '', , name, variable = ''] = /^([^.]+)(\.(.*))?\.([^.]+)$/s.exec(key) ?? [];
      const head = name === undefined ? `[${section}]` : `[${section} "${name.replace(/["\\]/g, '\\$&')}"]`;
      return `${head}\n\t${variable} = ${quoted(value)}\n`;
    })
    .join('');
}

function quoted(value: string): string {
  return `"${value.replace(/["\\]/g, '\\$&').replaceAll('\n', '\\n').replaceAll('\t', '\\t')}"`;
}
