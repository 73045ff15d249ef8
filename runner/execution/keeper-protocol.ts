import type { InputLine } from '../logs/input-journal.ts';
import type { ProcessLimits, SandboxCommand } from './launch-order.ts';
import type { Outcome } from './outcome.ts';

/** One command with its program already found: nothing is looked up once a run has begun. */
export interface KeeperCommand {
  file: string;
  args: string[];
  /** How people know it: the command as the agent's config has it. */
  display: string;
  /** Makes the folder ready for the others, such as `npm ci`. */
  isSetup?: boolean | undefined;
}

/** All a keeper needs. It travels over the socket only: the environment may hold secrets. */
export interface Assignment {
  runId: string;
  runFolder: string;
  cwd: string;
  /** The folder is this run's alone, not the user's own: whoever works in there belongs to the run. */
  isOwnFolder: boolean;
  /** Null: the programs run without a sandbox, and the reason is in the log. */
  sandbox: SandboxCommand | null;
  /** A folder of cgroup v2 made for this run; null: limits hold for each process alone. */
  cgroup: string | null;
  env: Record<string, string>;
  commands: KeeperCommand[];
  /** A file that becomes each command's standard input; null: an empty one. */
  stdinFile: string | null;
  /** The last command's standard input is written while it runs, and stays open until it is closed by a message. */
  isStdinHeld?: boolean;
  limits: {
    runTimeoutMs: number;
    idleTimeoutMs: number | null;
    graceMs: number;
    maxLogBytes: number;
    minFreeBytes: number;
  } & ProcessLimits;
  lease: KeeperLease;
}

/** Time from when it was sent to the moment at which no process of the run may be alive. */
export interface KeeperLease {
  ttlMs: number;
  /** On `sharedMs`: a keeper that was stopped reads late. Missing: it counts from when it is read, as a runner of an earlier version has it. */
  sentMs?: number;
}

export type ToKeeper =
  | { type: 'assign'; assignment: Assignment }
  | { type: 'renew'; lease: KeeperLease }
  /** `graceMs` may shorten the run's own time between SIGTERM and SIGKILL. */
  | { type: 'cancel'; outcome: Outcome; graceMs?: number | undefined }
  /** A whole line for the agent, once it has begun. Sent again under its number, it is not given twice. */
  | { type: 'input'; input: InputLine }
  /** The agent hears that nothing more will come. */
  | { type: 'closeInput' }
  | { type: 'ping' };

export type FromKeeper =
  | { type: 'hello'; pid: number; runId: string | null; status: KeeperStatus | null }
  | { type: 'changed'; status: KeeperStatus }
  /** The line with this number stands in the journal of the run folder. */
  | { type: 'tookInput'; number: number }
  | { type: 'pong' };

/** Written to status.json at each change, and sent to whoever is connected. */
export interface KeeperStatus {
  phase: 'starting' | 'running' | 'ended';
  commandIndex: number;
  /** How much stood in the spools of the two streams when the last command, the agent itself, began. Missing: it has not. */
  agentOutputFrom?: [stdout: number, stderr: number] | undefined;
  /** Process group of the current command, with its start in clock ticks since boot to recognise a reused id. */
  pid: number | null;
  pidStartTicks: number | null;
  /** Wall clock, for people only. */
  startedAt: string;
  exitCode: number | null;
  signal: string | null;
  outcome: Outcome | null;
  wallSeconds: number | null;
  cpuSeconds: number | null;
  peakMemoryBytes: number | null;
}

/**
 * Splits a socket's bytes into messages, one JSON value a line.
 * @param onBroken called for what is no message: whoever speaks so is not one of ours, and is not listened to any longer
 */
export function messageParser<T>(
  onMessage: (message: T) => void,
  onBroken: (error: Error) => void,
): (chunk: string) => void {
  let rest = '';
  let isBroken = false;
  return (chunk) => {
    if (isBroken) return;
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      let message: T;
      try {
        message = JSON.parse(line) as T;
      } catch (error) {
        isBroken = true;
        onBroken(error as Error);
        return;
      }
      onMessage(message);
    }
  };
}
