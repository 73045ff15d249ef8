import { isTokenRefused, type RefusedError } from './control-plane/control-plane.ts';
import { retrying } from './control-plane/retry.ts';
import type { Sandbox } from './execution/sandbox.ts';
import type { RunnerOptions } from './runner-options.ts';

export interface RegistrationOptions extends Pick<RunnerOptions, 'controlPlane' | 'policies' | 'version' | 'logger'> {
  sandbox: Sandbox;
  signal: AbortSignal;
  onTokenRefused: (error: RefusedError) => void;
}

/** Tells the control plane what this runner is good for: at its start, and after each change of its policy. */
export class Registration {
  /** What is told goes one after the other: the last word is the newest. */
  private work: Promise<unknown> = Promise.resolve();

  constructor(private readonly options: RegistrationOptions) {}

  /** Registers, however long the control plane is away. @throws RefusedError; AbortError, once stopped */
  register(): Promise<{ name: string }> {
    const told = this.tell();
    this.work = told;
    return told;
  }

  /**
   * The policy has changed: tells what this machine is good for now, after what is being told already. Not waited for.
   * @param onTold not called when the control plane refuses it
   */
  renew(onTold: () => void): void {
    const { logger, signal, onTokenRefused } = this.options;
    this.work = this.work
      .then(() => this.tell())
      .then(onTold, (error: unknown) => {
        if (isTokenRefused(error)) return onTokenRefused(error);
        if (signal.aborted) return;
        logger.error({ err: error }, 'the control plane refuses what the policy says this machine is good for');
      });
  }

  private tell(): Promise<{ name: string }> {
    const { controlPlane, policies, version, logger, signal, sandbox: box } = this.options;
    const once = (): Promise<{ name: string }> => {
      const { labels, capacity, sandbox } = policies.current();
      const whyNot = box.whyNot(sandbox.mode);
      const sandboxNote = whyNot === null ? null : `not sandboxed: ${whyNot}`;
      return controlPlane.register({ labels, capacity, version, isDraining: false, sandboxNote });
    };
    return retrying(once, signal, (error) => logger.warn({ err: error }, 'the control plane is away; trying again'));
  }
}
