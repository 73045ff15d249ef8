import { mkdirSync, realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fixedPolicies, type PolicySource } from '../execution/policies.ts';
import { RunnerPolicy } from '../execution/policy.ts';
import type { Logger } from '../logger.ts';
import type { Runner } from '../runner.ts';
import { FakeControlPlane, type KnownRun } from './fake-control-plane.ts';
import { program, temporaryFolder } from './programs.ts';
import { makeRepository, type TestRepository } from './repositories.ts';
import { makeRunSpec } from './run-specs.ts';
import { startRunner } from './start-runner.ts';

type Part = Omit<Parameters<typeof makeRunSpec>[0], 'repoRoot'> & { repoRoot?: string };

/** A runner in this process, with a repository to work in, and a control plane that does as it is told. */
export class TestBed {
  readonly folder = realpathSync(temporaryFolder());
  readonly repository: TestRepository = makeRepository(join(this.folder, 'repos', 'repo'));
  readonly runnerFolder = join(this.folder, 'runner');
  readonly controlPlane = new FakeControlPlane();
  /** What the runner logged, by its messages. */
  readonly logged: { level: string; message: string; data: object }[] = [];
  /** Of the user the runner works for. */
  home = '/tmp';
  runner: Runner | null = null;
  /** Why the runner gave up; null: it has not. */
  ended: unknown = null;
  private readonly logger: Logger = {
    info: (data, message) => void this.logged.push({ level: 'info', message, data }),
    warn: (data, message) => void this.logged.push({ level: 'warn', message, data }),
    error: (data, message) => void this.logged.push({ level: 'error', message, data }),
  };

  constructor(private readonly keeperFile: string) {
    mkdirSync(this.runnerFolder, { mode: 0o700 });
  }

  get policy(): RunnerPolicy {
    return RunnerPolicy.parse({
      roots: [join(this.folder, 'repos')],
      executables: { node: { path: process.execPath }, sh: {} },
      limits: { minFreeBytes: 0 },
      sandbox: { mode: 'off' },
    });
  }

  get runsFolder(): string {
    return join(this.runnerFolder, 'runs');
  }

  /** @param secrets masked in whatever is told */
  async start(
    policies: PolicySource | ((logger: Logger) => PolicySource) = fixedPolicies(this.policy),
    secrets: string[] = [],
  ): Promise<void> {
    const { runner, ready } = startRunner({
      folder: this.runnerFolder,
      policies: typeof policies === 'function' ? policies(this.logger) : policies,
      controlPlane: this.controlPlane,
      keeperFile: this.keeperFile,
      ownSecrets: secrets,
      logger: this.logger,
      env: { PATH: '/usr/bin:/bin', HOME: this.home },
      onEnded: (error) => (this.ended = error),
    });
    this.runner = runner;
    await ready;
  }

  offer(part: Part): KnownRun {
    return this.controlPlane.offer(makeRunSpec({ repoRoot: this.repository.root, ...part }));
  }

  /** A command of the fake agent programs. */
  node(name: string, ...args: string[]): string[] {
    return ['node', ...program(name, ...args)];
  }

  /** Nothing that came before has taken anything from the runner. */
  async runsAnother(): Promise<void> {
    const run = this.offer({ commands: [this.node('write-files', JSON.stringify({ 'next.txt': 'next\n' }))] });
    const result = await this.controlPlane.ended(run);
    if (result.status !== 'completed') throw new Error(`Expected the next run to work, found ${result.message}`);
  }

  messages(level: string): string[] {
    return this.logged.filter((entry) => entry.level === level).map(({ message }) => message);
  }

  async close(): Promise<void> {
    await this.runner?.stop(true);
    rmSync(this.folder, { recursive: true, force: true });
  }
}
