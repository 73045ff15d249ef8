import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { SandboxCommand } from './launch-order.ts';
import type { RunnerPolicy } from './policy.ts';
import { findProgram, foldersOfPath } from './programs-on-path.ts';
import { sandboxArgs, type SandboxOrder } from './sandbox-mounts.ts';

const run = promisify(execFile);
const PROBE_TIMEOUT_MS = 10_000;
/** The first with --json-status-fd that also waits for the whole of its set-up. */
const MIN_VERSION = [0, 4] as const;

export interface SandboxSearch {
  /** Where the set-up has put bubblewrap; null: it is looked for on the PATH. */
  file: string | null;
  searchPath: string;
}

type Mode = RunnerPolicy['sandbox']['mode'];

/** The sandbox of this machine, as it was found when the runner started. */
export class Sandbox {
  private constructor(
    private readonly file: string | null,
    private readonly why: string | null,
    private readonly takesDescriptors = false,
  ) {}

  /** Really starts one: nothing else tells whether namespaces are allowed here. */
  static async open({ file, searchPath }: SandboxSearch): Promise<Sandbox> {
    if (process.platform !== 'linux')
      return new Sandbox(null, `bubblewrap needs Linux, and this is ${process.platform}`);
    try {
      const found = file ?? findProgram('bwrap', foldersOfPath(searchPath));
      if (found === null) return new Sandbox(null, 'bubblewrap (bwrap) is not installed');
      const why = await probe(found);
      return why === null ? new Sandbox(found, null, await takesDescriptors(found)) : new Sandbox(null, why);
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code === undefined) throw error;
      return new Sandbox(null, `whether bubblewrap (bwrap) is installed could not be found out (${message})`);
    }
  }

  /** Why runs are not sandboxed; null: they are. */
  whyNot(mode: Mode): string | null {
    return mode === 'off' ? "the runner's policy turns the sandbox off" : this.why;
  }

  /** @returns null where there is no sandbox */
  commandFor(order: SandboxOrder, mode: Mode): SandboxCommand | null {
    const { file, takesDescriptors } = this;
    return file === null || mode === 'off' ? null : { file, args: sandboxArgs(order), takesDescriptors };
  }
}

/** Since 0.10, and in the older ones that distributions mend: so it is asked, not derived from the version. */
async function takesDescriptors(file: string): Promise<boolean> {
  const { stdout } = await run(file, ['--help'], { timeout: PROBE_TIMEOUT_MS });
  return stdout.includes('--ro-bind-fd ');
}

/** @returns why it does not work; null: it does */
async function probe(file: string): Promise<string | null> {
  try {
    const { stdout } = await run(file, ['--version'], { timeout: PROBE_TIMEOUT_MS });
    const [major = 0, minor = 0] = (/(\d+)\.(\d+)/.exec(stdout) ?? []).slice(1).map(Number);
    if (major === MIN_VERSION[0] && minor < MIN_VERSION[1])
      return `bubblewrap ${major}.${minor} is too old, ${MIN_VERSION.join('.')} is needed`;
    const args = sandboxArgs({
      writable: [],
      readable: [],
      hidden: [],
      cwd: '/',
      home: null,
      homePaths: [],
      writtenByAgents: [],
      network: false,
    });
    await run(file, [...args, '--', '/bin/sh', '-c', ':'], { timeout: PROBE_TIMEOUT_MS, env: {}, cwd: '/' });
    return null;
  } catch (error) {
    const { stderr, message } = error as { stderr?: string; message: string };
    const said = stderr?.trim().split('\n').at(-1);
    return `bubblewrap does not work here (${said === undefined || said === '' ? message.split('\n')[0] : said.replace(/^bwrap: /, '')})`;
  }
}
