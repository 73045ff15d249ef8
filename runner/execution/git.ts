import { isUtf8 } from 'node:buffer';
import { spawn, type ChildProcess, type ChildProcessWithoutNullStreams, type StdioOptions } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { cutStart } from '#contract/cut-text.ts';
import { NEUTRAL_GIT } from '#contract/neutral-git.ts';
import { printablePath, splitPaths } from './byte-paths.ts';
import { RunFailure } from './outcome.ts';

const DEFAULT_TIMEOUT_MS = 120_000;
const MAX_STDERR_CHARS = 64 * 1024;
/** Answers we read into memory: file lists and small files. Contents of any size are heard in pieces. */
const MAX_STDOUT_BYTES = 64 * 1024 * 1024;

/**
 * A repository's own config can name programs that Git runs, on `status` already. These settings outrank it.
 * Filters, merge drivers and the like have free names: `neutralize` finds and adds them.
 */
const SAFE_CONFIG: readonly (readonly [key: string, value: string])[] = [
  ['core.hooksPath', '/dev/null'],
  ['core.fsmonitor', 'false'],
  ['core.untrackedCache', 'false'],
  ['core.pager', 'cat'],
  ['core.quotePath', 'false'],
  ['core.editor', 'false'],
  ['core.askPass', 'false'],
  ['core.sshCommand', 'false'],
  ['core.gitProxy', ''],
  ['core.alternateRefsCommand', 'true'],
  ['core.attributesFile', '/dev/null'],
  ['core.excludesFile', '/dev/null'],
  ['diff.external', ''],
  ['diff.ignoreSubmodules', 'all'],
  ['submodule.recurse', 'false'],
  ['commit.gpgSign', 'false'],
  ['tag.gpgSign', 'false'],
  ['gpg.program', 'false'],
  ['log.showSignature', 'false'],
  ['credential.helper', ''],
  ['protocol.allow', 'never'],
  ['protocol.ext.allow', 'never'],
  ['protocol.file.allow', 'never'],
  ['safe.bareRepository', 'explicit'],
  ['gc.auto', '0'],
  ['maintenance.auto', 'false'],
  ['rerere.enabled', 'false'],
  ['worktree.guessRemote', 'false'],
  ['advice.detachedHead', 'false'],
];
/** Settings with a free name in the middle that make Git run a program. */
const PROGRAM_SETTING = /^(filter|merge|diff)\.(.*)\.(clean|smudge|process|required|driver|command|textconv)$/s;

export class GitError extends Error {
  override readonly name = 'GitError';
  constructor(
    readonly args: readonly string[],
    readonly code: number | null,
    readonly stderr: string,
  ) {
    super(
      `git ${args.slice(0, 2).join(' ')} failed (${code ?? 'timeout'}): ${stderr.trim().split('\n').slice(-3).join(' ') || 'no message'}`,
    );
  }
}

export interface GitCall {
  cwd: string;
  /** Set for calls in a worktree, so that nothing an agent wrote into it decides where Git looks. */
  gitDir?: string;
  /** What shares its objects, index and files: absent, the folder `cwd` itself when `gitDir` is set; null: no files at all. */
  workTree?: string | null;
  input?: string | Buffer;
  /** Standard output goes to this file instead of the answer. */
  outputFile?: string;
  /** Exit codes that are answers, besides 0. */
  okCodes?: readonly number[];
  /** Undefined takes a variable away. */
  env?: Readonly<Record<string, string | undefined>>;
  /** Instead of the usual time: a large checkout must not be cut off in the middle. */
  timeoutMs?: number;
}

export interface GitAnswer {
  code: number;
  stdout: string;
  /** Standard output as it came: file names need not be text. */
  bytes: Buffer;
  /** What it warned of, at most the last 64 KiB. */
  stderr: string;
}

/** The one way to Git. All overrides are in here; refs and paths are checked by the callers or stand behind `--`. */
export class Git {
  private readonly config: (readonly [string, string])[];
  private trusted: readonly (readonly [key: string, value: string])[] = [];

  /**
   * @param file absolute path of the git program
   * @param extraConfig from `neutralize`, or `safe.directory` where the policy allows other owners
   */
  constructor(
    private readonly file: string,
    private readonly searchPath: string,
    extraConfig: readonly (readonly [string, string])[] = [],
    private readonly timeoutMs = DEFAULT_TIMEOUT_MS,
  ) {
    this.config = [...SAFE_CONFIG, ...extraConfig];
  }

  /** The same Git with more settings, which outrank those before them. */
  with(settings: readonly (readonly [key: string, value: string])[]): Git {
    return settings.length === 0
      ? this
      : new Git(this.file, this.searchPath, [...this.config.slice(SAFE_CONFIG.length), ...settings], this.timeoutMs);
  }

  /** The same Git with settings of the user's own that hold wherever it works: filters whose programs run, line ends. */
  trusting(settings: readonly (readonly [key: string, value: string])[]): Git {
    const git = this.with(settings);
    if (git !== this) git.trusted = settings;
    return git;
  }

  /** @returns standard output. @throws GitError on any other exit code than 0 and `okCodes` */
  async run(args: readonly string[], call: GitCall): Promise<string> {
    return (await this.ask(args, call)).stdout;
  }

  async ask(args: readonly string[], call: GitCall): Promise<GitAnswer> {
    const output = call.outputFile === undefined ? null : openSync(call.outputFile, 'w', 0o600);
    const child = this.spawn(args, call, ['pipe', output ?? 'pipe', 'pipe']);
    if (output !== null) closeSync(output);
    const chunks: Buffer[] = [];
    let size = 0;
    const stderr = attend(child, call);
    child.stdout?.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > MAX_STDOUT_BYTES) child.kill('SIGKILL');
      else chunks.push(chunk);
    });
    const code = await codeOf(child);
    if (code === null || (code !== 0 && !call.okCodes?.includes(code))) throw new GitError(args, code, stderr());
    const bytes = Buffer.concat(chunks);
    return { code, stdout: bytes.toString('utf8'), bytes, stderr: stderr() };
  }

  /**
   * Standard output piece by piece, for what may be larger than memory: file contents. Whoever stops listening ends Git.
   * @throws GitError when it fails, after its last piece
   */
  async *pieces(args: readonly string[], call: GitCall): AsyncGenerator<Buffer> {
    const child = this.spawn(args, call, ['pipe', 'pipe', 'pipe']);
    const stderr = attend(child, call);
    const end = codeOf(child);
    // Told below, when its pieces have been heard.
    end.catch(() => undefined);
    try {
      for await (const piece of child.stdout ?? []) yield piece as Buffer;
      const code = await end;
      if (code !== 0) throw new GitError(args, code, stderr());
    } finally {
      child.kill('SIGKILL');
    }
  }

  /** Runs two calls with the first one's output as the second one's input. @throws GitError of whichever failed first */
  async pipe(
    first: readonly string[],
    firstCall: GitCall,
    second: readonly string[],
    secondCall: GitCall,
  ): Promise<string> {
    const source = this.spawn(first, firstCall, ['pipe', 'pipe', 'pipe']);
    const sink = this.spawn(second, secondCall, [source.stdout, 'pipe', 'pipe']);
    // The sink has it now; a copy kept open here would never let it see the end.
    source.stdout?.destroy();
    const [made, taken] = await Promise.all([ended(source, firstCall), ended(sink, secondCall)]);
    if (made.code !== 0) throw new GitError(first, made.code, made.stderr);
    if (taken.code !== 0) throw new GitError(second, taken.code, taken.stderr);
    return taken.stdout;
  }

  /** Starts a command that is spoken with, under the same overrides. The caller ends it, by its standard input. */
  start(args: readonly string[], call: GitCall): ChildProcessWithoutNullStreams {
    return spawn(this.file, ['--no-pager', ...args], { cwd: call.cwd, env: this.environment(call), stdio: 'pipe' });
  }

  private spawn(args: readonly string[], call: GitCall, stdio: StdioOptions): ChildProcess {
    return spawn(this.file, ['--no-pager', ...args], {
      cwd: call.cwd,
      env: this.environment(call),
      stdio,
      timeout: call.timeoutMs ?? this.timeoutMs,
      killSignal: 'SIGKILL',
    });
  }

  /**
   * A Git that also overrides every program setting with a free name (filters, merge and diff drivers) that is in
   * force in this place. Conditional includes depend on the place, so it is asked where the work will be done.
   * @throws RunFailure worktree_failed when one can not be overridden
   */
  async neutralize(call: GitCall): Promise<Git> {
    const { stdout: names, bytes } = await this.ask(['config', '--list', '--name-only', '-z'], call);
    // Overrides travel in the environment, which Node writes as UTF-8: another name would stay in force.
    const odd = splitPaths(bytes).find((key) => PROGRAM_SETTING.test(key) && !isUtf8(Buffer.from(key, 'latin1')));
    if (odd !== undefined)
      throw new RunFailure(
        'worktree_failed',
        `The Git configuration of ${call.cwd} sets up a program under a name that is no UTF-8, ${printablePath(odd)}, which can not be switched off. Give it another name, then approve again.`,
      );
    const extra = new Map<string, string>(this.config.slice(SAFE_CONFIG.length));
    for (const key of names.split('\0')) {
      const [, section, name, setting] = PROGRAM_SETTING.exec(key) ?? [];
      if (section === 'filter') extra.set(key, setting === 'required' ? 'false' : '');
      // Git's own text merge, by the route of a driver: an empty driver would count as a merge without conflict.
      if (section === 'merge' && setting === 'driver') extra.set(key, 'git merge-file %A %O %B');
      if (section === 'diff') extra.set(`diff.${name}.${setting}`, '');
    }
    for (const [key, value] of this.trusted) extra.set(key, value);
    const git = new Git(this.file, this.searchPath, [...extra], this.timeoutMs);
    git.trusted = this.trusted;
    return git;
  }

  private environment(call: GitCall): Record<string, string> {
    const env: Record<string, string> = {
      PATH: this.searchPath,
      ...NEUTRAL_GIT,
      GIT_ATTR_NOSYSTEM: '1',
      GIT_ASKPASS: 'false',
      GIT_OPTIONAL_LOCKS: '0',
      GIT_ALLOW_PROTOCOL: 'none',
      GIT_NO_LAZY_FETCH: '1',
      GIT_EDITOR: 'false',
      GIT_MERGE_AUTOEDIT: 'no',
      GIT_NO_REPLACE_OBJECTS: '1',
    };
    if (call.gitDir === undefined) env.GIT_CEILING_DIRECTORIES = call.cwd.slice(0, call.cwd.lastIndexOf('/')) || '/';
    else env.GIT_DIR = call.gitDir;
    if (call.gitDir !== undefined && call.workTree !== null) env.GIT_WORK_TREE = call.workTree ?? call.cwd;
    for (const [name, value] of Object.entries(call.env ?? {})) {
      if (value === undefined) delete env[name];
      else env[name] = value;
    }
    env.GIT_CONFIG_COUNT = String(this.config.length);
    for (const [index, [key, value]] of this.config.entries())
      Object.assign(env, { [`GIT_CONFIG_KEY_${index}`]: key, [`GIT_CONFIG_VALUE_${index}`]: value });
    return env;
  }
}

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

async function ended(child: ChildProcess, call: GitCall): Promise<Ended> {
  let stdout = '';
  const stderr = attend(child, call);
  child.stdout?.on('data', (chunk: Buffer) => (stdout = cutStart(stdout + chunk.toString('utf8'), MAX_STDERR_CHARS)));
  const code = await codeOf(child);
  return { code, stdout, stderr: stderr() };
}

/** Gives a call its input, where it has one of its own, and collects what it warns of. @returns the end of that so far */
function attend(child: ChildProcess, { input = '' }: GitCall): () => string {
  let stderr = '';
  child.stderr
    ?.setEncoding('utf8')
    .on('data', (chunk: string) => (stderr = cutStart(stderr + chunk, MAX_STDERR_CHARS)));
  // Git may end without reading all of it; its exit code tells.
  child.stdin?.on('error', () => undefined).end(input);
  return () => stderr;
}

/** @returns the exit code; null: a signal ended it. @throws when it could not be started */
async function codeOf(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
}
