import type { Writable } from 'node:stream';

/** How one command ended. */
export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
  /** It did not even begin. */
  failure: LaunchFailure | null;
  /** Of the command and all its children that were waited for; null when unknown, or counted with our own children. */
  cpuSeconds: number | null;
}

export interface LaunchFailure {
  /** `moved`: the folder it was to work in is not the one that was checked; `sandbox`: none could be set up. */
  kind: 'missing' | 'refused' | 'moved' | 'sandbox';
  message: string;
}

/** What a run's processes may use; null: no limit of ours. */
export interface ProcessLimits {
  maxMemoryBytes: number | null;
  maxProcesses: number | null;
  maxCpus: number | null;
}

export interface LaunchOrder {
  runId: string;
  file: string;
  args: readonly string[];
  /** Resolved; the command begins in this very folder, or not at all. */
  cwd: string;
  /** Folders of this run alone: whoever works in there or writes into them belongs to it. */
  ownFolders: readonly string[];
  env: Readonly<Record<string, string>>;
  /** Open descriptors of its standard input, output and error; `pipe`: its input is written while it runs. */
  stdio: readonly [stdin: number | 'pipe', stdout: number, stderr: number];
  limits: ProcessLimits;
  /** A folder of cgroup v2 that it is put into before it begins. */
  cgroup: string | null;
  /** bubblewrap and its arguments up to the command; null: no sandbox. */
  sandbox: SandboxCommand | null;
}

export interface SandboxCommand {
  file: string;
  args: string[];
  /** Whether this bubblewrap mounts what a descriptor leads to. Missing: an earlier version of the runner did not ask. */
  takesDescriptors?: boolean;
}

/** A command that was started, and everything that came of it. */
export interface Launch {
  /** The group that signals go to, once it is there; null: it could not be started. */
  readonly group: Promise<number | null>;
  readonly exit: Promise<Exit>;
  /** Its standard input where that is a pipe; null: it is a file, or nothing was started. */
  readonly stdin: Writable | null;
  /** SIGTERM to every process of it. */
  terminate(): void;
  /** SIGKILL to every process of it. */
  kill(): void;
  /** What it left running, after its first process has ended. */
  findLeft(): number[];
  /** Nothing of it is waited for any longer. Resolves when that is true of all its processes. */
  release(): Promise<void>;
}
