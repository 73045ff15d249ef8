import { closeSync, openSync, statfsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { InputJournal, type InputLine } from '../logs/input-journal.ts';
import { createSpools, writeAside, writeMark } from '../logs/marks.ts';
import { SPOOL_FILES } from '../logs/spool-files.ts';
import type { Assignment, KeeperCommand, KeeperLease, KeeperStatus } from './keeper-protocol.ts';
import { peakMemoryOf, removeCgroup } from './cgroups.ts';
import type { Exit, Launch } from './launch-order.ts';
import { putSettingsRight } from './home-settings.ts';
import { launch } from './launch.ts';
import { sharedMs } from './lease.ts';
import { endLeftProcesses } from './left-processes.ts';
import { outcomeOf, type Outcome } from './outcome.ts';
import { readChildCpuSeconds, readProcess, readTreeMemory, signal } from './processes.ts';
import { bytesInWords, countInWords, durationInWords } from './words.ts';
import { writeJson } from './write-json.ts';

const TICK_MS = 100;
/** What a command leaves running when it ends by itself gets this long after SIGTERM. */
const LEFTOVER_GRACE_MS = 1_000;
const SWEEP_MS = 5;
/** SIGKILL does not end a process in uninterruptible sleep; it is reported then, not waited for. */
const KILL_WAIT_MS = 5_000;
const MAX_LEASE_GRACE_MS = 1_000;
/** Beyond this, a program that prints too much gets no grace at all. */
const RUNAWAY_BYTES = 64 * 1024 * 1024;

/**
 * Owns one run's processes: starts the commands one after another, ends them when time, output, disk or the lease
 * run out, and writes down how it went. All clocks are monotonic. Nothing it does needs the runner to be alive.
 */
export class Keeper {
  status: KeeperStatus;
  private readonly startedMs = performance.now();
  private leaseEndMs: number;
  private leaseMs: number;
  private stopping: Outcome | null = null;
  private killAtMs: number | null = null;
  private lastOutput = { bytes: 0, ms: performance.now() };
  private ticks = 0;
  private current: Launch | null = null;
  private input: InputJournal | null = null;
  private cpuSeconds: number | null = null;

  constructor(
    private readonly assignment: Assignment,
    private readonly onChange: (status: KeeperStatus) => void,
  ) {
    this.leaseMs = assignment.lease.ttlMs;
    this.leaseEndMs = endMsOf(assignment.lease);
    this.status = {
      phase: 'starting',
      commandIndex: 0,
      pid: null,
      pidStartTicks: null,
      startedAt: new Date().toISOString(),
      exitCode: null,
      signal: null,
      outcome: null,
      wallSeconds: null,
      cpuSeconds: null,
      peakMemoryBytes: null,
    };
  }

  /** Runs all commands. Resolves, whatever goes wrong, when the last process of the run is gone and the status says so. */
  async run(): Promise<void> {
    let outcome: Outcome;
    try {
      outcome = await this.runCommands();
    } catch (error) {
      // Nobody else would end this run: its lease is renewed for as long as we answer.
      console.error('the keeper failed', error);
      outcome = this.stopping ??= outcomeOf(error);
      await this.endAlive();
    }
    this.removeOwnCgroup();
    this.putSettingsRight();
    this.change({
      phase: 'ended',
      outcome: this.stopping ?? outcome,
      wallSeconds: Math.round(performance.now() - this.startedMs) / 1_000,
    });
  }

  renew(lease: KeeperLease): void {
    // A renewal that was sent earlier may arrive later: a lease never gets shorter.
    const endMs = endMsOf(lease);
    if (endMs <= this.leaseEndMs) return;
    this.leaseEndMs = endMs;
    this.leaseMs = lease.ttlMs;
  }

  /**
   * Gives the agent a line. What is written down and not given, because the keeper was killed between the two, is lost
   * with the agent, which ends with its keeper.
   * @returns false: there is no agent that takes lines
   */
  takeInput(input: InputLine): boolean {
    if (!this.input) return false;
    if (this.input.add(input)) this.current?.stdin?.write(`${input.line}\n`);
    // Whoever was spoken to may think before it prints.
    this.lastOutput.ms = performance.now();
    return true;
  }

  /** The end of its input tells the agent to end by itself. */
  closeInput(): void {
    this.current?.stdin?.end();
  }

  /** SIGTERM to the group at once, SIGKILL after the grace. The first reason stands. */
  end(outcome: Outcome, graceMs = this.assignment.limits.graceMs): void {
    if (this.stopping || this.status.phase === 'ended') return;
    this.stopping = outcome;
    this.killAtMs = performance.now() + graceMs;
    this.current?.terminate();
    // The program may be in the middle of a line, and may go on with it.
    this.mark(outcome.message, writeAside);
    setTimeout(() => this.killAll(), graceMs);
  }

  private async runCommands(): Promise<Outcome> {
    createSpools(this.assignment.runFolder);
    this.change({});
    const timer = setInterval(() => this.tick(), TICK_MS);
    let outcome: Outcome = { status: 'completed', reason: 'ok', message: 'All commands ended with exit code 0' };
    try {
      for (const [index, command] of this.assignment.commands.entries()) {
        // An assignment may have waited here for a keeper that was stopped; by now the run may be somebody else's.
        this.checkLease();
        if (this.stopping) break;
        const exit = await this.runCommand(index, command);
        const failure = describeExit(command, exit);
        if (failure) outcome = failure;
        if (failure || this.stopping) break;
      }
    } finally {
      clearInterval(timer);
    }
    this.status.cpuSeconds = this.cpuSeconds ?? readChildCpuSeconds();
    return outcome;
  }

  /** Ends what a command that could not be followed to its end may have left. Never rejects. */
  private async endAlive(): Promise<void> {
    try {
      this.current?.kill();
      await endLeftProcesses(this.assignment.runId, this.status);
      this.status = { ...this.status, pid: null, pidStartTicks: null };
    } catch (error) {
      console.error('what this run left could not be ended', error);
    }
  }

  private removeOwnCgroup(): void {
    try {
      if (this.assignment.cgroup !== null) removeCgroup(this.assignment.cgroup);
    } catch (error) {
      console.error('the cgroup of this run could not be removed', error);
    }
  }

  private putSettingsRight(): void {
    try {
      putSettingsRight(this.assignment.runFolder);
    } catch (error) {
      console.error('what this run made of settings in the home could not be put right', error);
    }
  }

  private async runCommand(index: number, command: KeeperCommand): Promise<Exit> {
    const { runFolder, cwd, env, stdinFile, runId, isOwnFolder, sandbox, cgroup, limits } = this.assignment;
    const isAgent = index === this.assignment.commands.length - 1;
    this.mark(`$ ${command.display}${command.isSetup ? ' (set-up)' : ''}`);
    const commandStartMs = performance.now();
    if (isAgent)
      this.status.agentOutputFrom = [
        sizeOf(join(runFolder, SPOOL_FILES.stdout)),
        sizeOf(join(runFolder, SPOOL_FILES.stderr)),
      ];
    const stdin = command.isSetup ? null : stdinFile;
    const isHeld = isAgent && this.assignment.isStdinHeld === true;
    const files = [
      isHeld ? 'pipe' : openSync(stdin ?? '/dev/null', 'r'),
      openSync(join(runFolder, SPOOL_FILES.stdout), 'a'),
      openSync(join(runFolder, SPOOL_FILES.stderr), 'a'),
    ] as const;
    const ownFolders = isOwnFolder ? [runFolder, cwd] : [runFolder];
    const current = launch({
      runId,
      file: command.file,
      args: command.args,
      cwd,
      ownFolders,
      env,
      stdio: files,
      limits,
      cgroup,
      sandbox,
    });
    this.current = current;
    for (const file of files) if (file !== 'pipe') closeSync(file);
    // An agent that has gone, or reads no more, takes no more lines: how it ended is told by its exit.
    current.stdin?.on('error', () => undefined);
    if (isHeld) this.input = new InputJournal(runFolder);
    const pid = await current.group;
    this.change({
      phase: 'running',
      commandIndex: index,
      pid,
      pidStartTicks: pid === null ? null : (readProcess(pid)?.startTicks ?? null),
    });
    const exit = await current.exit;
    await this.sweep(current);
    this.current = null;
    this.input?.close();
    this.input = null;
    if (exit.cpuSeconds !== null) this.cpuSeconds = (this.cpuSeconds ?? 0) + exit.cpuSeconds;
    this.change({ pid: null, pidStartTicks: null, exitCode: exit.code, signal: exit.signal });
    if (!exit.failure)
      this.mark(`${command.display} ${exitInWords(exit)} after ${durationInWords(performance.now() - commandStartMs)}`);
    return exit;
  }

  /** Ends what is left of a command's processes after its first one has ended. */
  private async sweep(current: Launch): Promise<void> {
    let left = current.findLeft();
    if (left.length > 0) {
      const killAtMs = this.killAtMs ?? performance.now() + Math.min(LEFTOVER_GRACE_MS, this.assignment.limits.graceMs);
      // Those of a run that is being ended got their signal already; many programs take a second one for "at once".
      if (!this.stopping) {
        this.mark(
          `It left ${countInWords(left.length, 'process').replace(/ss(s)$/, 'sses')} running, which ${left.length === 1 ? 'is' : 'are'} ended`,
        );
        for (const pid of left) signal(pid, 'SIGTERM');
      }
      while (left.length > 0 && performance.now() < killAtMs + KILL_WAIT_MS) {
        if (performance.now() >= killAtMs) current.kill();
        await new Promise((resolve) => setTimeout(resolve, SWEEP_MS));
        left = current.findLeft();
      }
      if (left.length > 0) this.mark(`Processes ${left.join(', ')} of this run do not end, not even by SIGKILL`);
    }
    await current.release();
  }

  private killAll(): void {
    if (this.status.phase !== 'ended') this.current?.kill();
  }

  private tick(): void {
    const now = performance.now();
    const { limits, runFolder } = this.assignment;
    this.ticks += 1;
    const bytes = sizeOf(join(runFolder, SPOOL_FILES.stdout)) + sizeOf(join(runFolder, SPOOL_FILES.stderr));
    if (bytes !== this.lastOutput.bytes) this.lastOutput = { bytes, ms: now };
    if (bytes > limits.maxLogBytes + RUNAWAY_BYTES) this.killAll();
    this.checkLease();
    if (bytes > limits.maxLogBytes)
      this.end(
        {
          status: 'failed',
          reason: 'output_limit',
          message: `Ended: it printed more than ${bytesInWords(limits.maxLogBytes)}, the limit for a run's output`,
        },
        Math.min(limits.graceMs, 1_000),
      );
    if (now - this.startedMs >= limits.runTimeoutMs)
      this.end({
        status: 'timed_out',
        reason: 'run_timeout',
        message: `Ended: it ran for ${durationInWords(limits.runTimeoutMs)}, the agent's limit for a run`,
      });
    if (limits.idleTimeoutMs !== null && now - this.lastOutput.ms >= limits.idleTimeoutMs)
      this.end({
        status: 'timed_out',
        reason: 'idle_timeout',
        message: `Ended: it printed nothing for ${durationInWords(limits.idleTimeoutMs)}, the agent's limit for silence`,
      });
    if (this.ticks % 10 === 1) this.checkDisk();
    if (this.ticks % 5 === 1) this.sampleMemory();
  }

  /** Gone *before* the lease ends, with the last part of it for a program that cleans up. */
  private checkLease(): void {
    const now = performance.now();
    const graceMs = Math.min(MAX_LEASE_GRACE_MS, this.leaseMs / 5);
    if (now >= this.leaseEndMs - graceMs)
      this.end(
        { status: 'timed_out', reason: 'runner_lost', message: 'Ended: the runner could not renew its lease in time' },
        Math.min(this.assignment.limits.graceMs, graceMs / 2),
      );
    if (now >= this.leaseEndMs) this.killAll();
  }

  private checkDisk(): void {
    const disk = statfsSync(this.assignment.runFolder);
    const freeBytes = disk.bavail * disk.bsize;
    if (freeBytes < this.assignment.limits.minFreeBytes)
      this.end({
        status: 'failed',
        reason: 'disk_full',
        message: `Ended: the disk that holds its output is full (${bytesInWords(freeBytes)} left)`,
      });
  }

  private sampleMemory(): void {
    if (this.status.pid === null) return;
    const { cgroup } = this.assignment;
    const bytes = (cgroup === null ? null : peakMemoryOf(cgroup)) ?? readTreeMemory(this.status.pid);
    if (bytes !== null && bytes > (this.status.peakMemoryBytes ?? 0)) this.status.peakMemoryBytes = bytes;
  }

  private change(part: Partial<KeeperStatus>): void {
    this.status = { ...this.status, ...part };
    try {
      writeJson(join(this.assignment.runFolder, 'status.json'), this.status);
    } catch (error) {
      // A full disk must not end the one who ends the program; the runner hears the status over the socket as well.
      console.error('status.json could not be written', error);
    }
    this.onChange(this.status);
  }

  private mark(text: string, write: (folder: string, text: string) => void = writeMark): void {
    try {
      write(this.assignment.runFolder, text);
    } catch (error) {
      console.error('a system line could not be written', error);
    }
  }
}

const FAILURE_REASONS = {
  missing: 'command_missing',
  refused: 'command_refused',
  moved: 'path_refused',
  sandbox: 'not_sandboxed',
} as const;

function describeExit(command: KeeperCommand, { code, signal: name, failure }: Exit): Outcome | null {
  if (failure) {
    const what =
      failure.kind === 'sandbox'
        ? `The sandbox for \`${command.display}\` could not be set up`
        : `The command \`${command.display}\` could not be started`;
    return { status: 'failed', reason: FAILURE_REASONS[failure.kind], message: `${what}: ${failure.message}` };
  }
  if (code === 0) return null;
  return {
    status: 'failed',
    reason: 'exit_code',
    message: `The ${command.isSetup ? 'set-up ' : ''}command \`${command.display}\` ${exitInWords({ code, signal: name })}`,
  };
}

function exitInWords(exit: Pick<Exit, 'code' | 'signal'>): string {
  return exit.signal === null ? `ended with exit code ${exit.code}` : `was ended by ${exit.signal}`;
}

/** On our own clock. */
function endMsOf({ ttlMs, sentMs = sharedMs() }: KeeperLease): number {
  return performance.now() + ttlMs - (sharedMs() - sentMs);
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
