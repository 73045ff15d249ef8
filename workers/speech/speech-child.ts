import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { cutStart } from '#contract/cut-text.ts';
import type { Logger } from '#core/platform/logger.ts';
import { SpeechError, SpeechReport } from './messages.ts';
import type { SpeechJob } from './messages.ts';

export interface SpeechChildOptions {
  /** Arguments for node. */
  args: readonly string[];
  logger: Logger;
  /** A child that says nothing for so long while it works is not waited for. */
  silenceMs: number;
  /** A child with nothing to do goes after it, and its memory with it. */
  idleMs: number;
}

const MAX_WORDS_CHARS = 2_000;

type Heard = Extract<SpeechReport, { type: 'heard' }>;

/** The process that hears recordings, one at a time: started when there is one, ended when it is idle or does wrong. */
export class SpeechChild {
  private child: ChildProcess | null = null;
  private idleTimer: NodeJS.Timeout | undefined;

  constructor(private readonly options: SpeechChildOptions) {}

  /** @throws SpeechError, or what the signal was aborted with */
  async hear(
    job: SpeechJob,
    { signal, onProgress }: { signal: AbortSignal; onProgress: (fraction: number) => void },
  ): Promise<Heard> {
    signal.throwIfAborted();
    clearTimeout(this.idleTimer);
    const child = (this.child ??= this.start());
    try {
      return await this.waitFor(child, job, signal, onProgress);
    } catch (error) {
      // A sound that can not be read is no fault of the child; after anything else nobody knows what it does.
      if (!(error instanceof SpeechError) || error.code === 'engine_failed' || error.code === 'timed_out') this.end();
      throw error;
    } finally {
      if (this.child) this.idleTimer = setTimeout(() => this.end(), this.options.idleMs).unref();
    }
  }

  /** Its whole group, so that no decoder of it is left. */
  end(): void {
    const { child } = this;
    this.child = null;
    clearTimeout(this.idleTimer);
    if (!child || child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }

  private start(): ChildProcess {
    const child = spawn(process.execPath, this.options.args, {
      detached: true,
      // Nothing of ours: no address of a database, no key.
      env: {},
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    child.stderr?.on('data', (bytes: Buffer) =>
      this.options.logger.warn(
        { pid: child.pid, text: cutStart(bytes.toString().trim(), MAX_WORDS_CHARS) },
        'speech engine',
      ),
    );
    child.on('exit', () => {
      if (this.child === child) this.child = null;
    });
    // A process that nothing waits for does not keep the worker.
    child.unref();
    child.channel?.unref();
    return child;
  }

  private waitFor(
    child: ChildProcess,
    job: SpeechJob,
    signal: AbortSignal,
    onProgress: (fraction: number) => void,
  ): Promise<Heard> {
    const { silenceMs } = this.options;
    return new Promise<Heard>((resolve, reject) => {
      const settled = new AbortController();
      const fail = (error: Error): void => {
        settled.abort();
        reject(error);
      };
      const silence = setTimeout(
        () => fail(new SpeechError('timed_out', `The speech engine said nothing for ${silenceMs / 1_000} s.`)),
        silenceMs,
      );
      const onMessage = (message: unknown): void => {
        silence.refresh();
        const { data: report } = SpeechReport.safeParse(message);
        if (!report) return fail(new SpeechError('engine_failed', 'The speech engine said what nobody understands.'));
        if (report.type === 'progress') {
          if (report.fraction !== null) onProgress(report.fraction);
        } else if (report.type === 'failed') fail(new SpeechError(report.code, report.message));
        else {
          settled.abort();
          resolve(report);
        }
      };
      const onExit = (code: number | null, name: string | null): void =>
        fail(
          new SpeechError('engine_failed', `The speech engine ended in the middle of it (${name ?? `code ${code}`}).`),
        );
      const onError = (error: Error): void =>
        fail(new SpeechError('engine_failed', `The speech engine does not start: ${error.message}`));
      const onAbort = (): void => fail(signal.reason as Error);
      child.on('message', onMessage).on('exit', onExit).on('error', onError);
      signal.addEventListener('abort', onAbort, { once: true });
      settled.signal.addEventListener('abort', () => {
        clearTimeout(silence);
        child.off('message', onMessage).off('exit', onExit).off('error', onError);
        // An error that nobody listens to would end this process.
        child.on('error', () => undefined);
        signal.removeEventListener('abort', onAbort);
      });
      child.send(job, (error) => {
        if (error) fail(new SpeechError('engine_failed', `The speech engine can not be spoken to: ${error.message}`));
      });
    });
  }
}
