import { execFileSync } from 'node:child_process';
import { mkdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { NEUTRAL_GIT } from '#contract/neutral-git.ts';
import type { RunSpec } from '#contract/run-spec.ts';
import type { ControlPlane } from '../control-plane/control-plane.ts';
import type { z } from 'zod';
import { agentAuthor, identity } from '../execution/commit.ts';
import { finishRun, type Finished } from '../execution/finish-run.ts';
import { Git } from '../execution/git.ts';
import type { KeeperPool } from '../execution/keeper-pool.ts';
import { openWorkspace } from '../execution/open-workspace.ts';
import { pinCommits } from '../execution/pins.ts';
import { RunnerPolicy } from '../execution/policy.ts';
import { RunFolder } from '../execution/run-folder.ts';
import type { RunHost } from '../execution/run-host.ts';
import type { Workspace } from '../execution/workspace-record.ts';
import { createMasker } from '../logs/mask.ts';
import { makeRunSpec } from './run-specs.ts';
import { silentLogger } from './silent-logger.ts';

/** One attempt without its processes: the folder is made, a script is the agent, what it left is taken in. */
export interface Attempt extends Finished {
  spec: RunSpec;
  workspace: Workspace;
  notes: string[];
  runFolder: RunFolder;
}

export interface AttemptsOptions {
  folder: string;
  policy?: Partial<z.input<typeof RunnerPolicy>>;
  /** Of the user the runner works for. */
  home?: string;
}

type Part = Parameters<typeof makeRunSpec>[0];

/** A runner's hands for Git, without network and keepers. */
export class Attempts {
  readonly runnerFolder: string;
  readonly host: RunHost;

  constructor({ folder, policy = {}, home = '/nonexistent' }: AttemptsOptions) {
    this.runnerFolder = join(realpathSync(folder), 'runner');
    mkdirSync(join(this.runnerFolder, 'runs'), { recursive: true });
    const parsed = RunnerPolicy.parse({ roots: [realpathSync(folder)], executables: {}, ...policy });
    const searchPath = '/usr/local/bin:/usr/bin:/bin';
    this.host = {
      runnerName: 'test-runner',
      runnerFolder: this.runnerFolder,
      policy: parsed,
      search: {
        policy: parsed,
        policyTrouble: null,
        searchPath,
        runnerFolder: this.runnerFolder,
        runnerName: 'test-runner',
      },
      env: { PATH: searchPath, HOME: home },
      ownSecrets: [],
      git: new Git('/usr/bin/git', searchPath),
      logger: silentLogger,
      // No run of these tests gets as far as programs or the network.
      keepers: null as unknown as KeeperPool,
      controlPlane: null as unknown as ControlPlane,
      sandbox: null as unknown as RunHost['sandbox'],
      cgroups: null,
      hiddenPaths: [],
      reserve: null as unknown as RunHost['reserve'],
      leftovers: null as unknown as RunHost['leftovers'],
      onTokenRefused: () => undefined,
    };
  }

  /** Makes the folder, lets `agent` work in it (a shell script, or a function), and takes in what it left. */
  async run(
    part: Part,
    agent: string | ((cwd: string) => void),
    signal = new AbortController().signal,
  ): Promise<Attempt> {
    const spec = makeRunSpec(part);
    const runFolder = new RunFolder(join(this.runnerFolder, 'runs', spec.runId));
    runFolder.create(spec, spec.runId);
    const { workspace, notes } = await openWorkspace(
      this.host,
      spec,
      realpathSync(spec.repoRoot),
      runFolder.file('workspace.json'),
      signal,
    );
    await pinCommits(this.host.git, workspace);
    if (typeof agent === 'function') agent(workspace.cwd);
    else this.script(workspace.cwd, agent);
    const finished = await this.finish(spec, runFolder, workspace);
    return { ...finished, spec, workspace, notes, runFolder };
  }

  finish(spec: RunSpec, folder: RunFolder, workspace: Workspace): Promise<Finished> {
    return finishRun(this.host.git, {
      spec,
      folder,
      workspace,
      workFolder: workspace.path,
      runnerFolder: this.runnerFolder,
      policy: this.host.policy,
      masker: createMasker([]),
      logger: silentLogger,
      reading: null,
      outcome: { status: 'completed', reason: 'ok', message: 'All commands ended with exit code 0' },
    });
  }

  script(cwd: string, text: string): string {
    const env = {
      PATH: '/usr/local/bin:/usr/bin:/bin',
      ...NEUTRAL_GIT,
      ...identity(agentAuthor('backend')),
    };
    return execFileSync('sh', ['-ec', text], { cwd, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  }
}
