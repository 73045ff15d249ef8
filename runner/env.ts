import { delimiter, dirname, isAbsolute } from 'node:path';
import { z } from 'zod';
import { userPath } from './user-path.ts';

/** Of the package that we are part of: from its sources as from its build, a program is in a folder of it. */
const OWN_FOLDER = dirname(import.meta.dirname);

const Environment = z.object({
  OVERMIND_URL: z.url({
    protocol: /^https?$/,
    message: 'the address of the control plane, for example http://localhost:3000',
  }),
  OVERMIND_RUNNER_DIR: z
    .string({ error: 'the folder with runner.json and policy.json' })
    .startsWith('/', 'an absolute path is needed'),
  OVERMIND_RUNNER_ON_STOP: z
    .enum(['keep', 'end'], { error: 'keep (runs go on for the next runner) or end' })
    .default('keep'),
  OVERMIND_SUPERVISED: z
    .enum(['0', '1'], { error: '1 when standard input is held open by a supervisor, else 0' })
    .default('0'),
  OVERMIND_BWRAP: z.string().startsWith('/', 'an absolute path is needed').optional(),
  OVERMIND_RUNNER_TOKEN_FD: z.coerce.number().int().min(3).optional(),
  OVERMIND_HIDDEN_DIRS: z.string().default(''),
  PATH: z.string().default('/usr/local/bin:/usr/bin:/bin'),
});

export interface RunnerEnvironment {
  url: string;
  folder: string;
  /** What becomes of live runs when the runner is asked to stop. */
  onStop: 'keep' | 'end';
  /** Whether standard input is a pipe that ends when the program that started us is gone. */
  isSupervised: boolean;
  /** The PATH of whoever has started us, without our own programs. */
  searchPath: string;
  /** An open descriptor of the token's file, for a runner that may not open it itself; null: it is read from the folder. */
  tokenFd: number | null;
  /** bubblewrap, where the set-up has put it; null: it is looked for on the PATH. */
  sandboxFile: string | null;
  /** Folders of this machine that no run may see, separated like PATH. */
  hiddenPaths: string[];
  /** Everything: what the policy allows of it is handed to agents. */
  all: Readonly<Record<string, string | undefined>>;
}

/** The runner's only look at its environment. @throws Error that names each variable that does not fit */
export function readEnvironment(
  variables: Readonly<Record<string, string | undefined>> = process.env,
  ownFolder = OWN_FOLDER,
): RunnerEnvironment {
  const parsed = Environment.safeParse(variables);
  if (!parsed.success)
    throw new Error(parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; '));
  const {
    OVERMIND_URL,
    OVERMIND_RUNNER_DIR,
    OVERMIND_RUNNER_ON_STOP,
    OVERMIND_SUPERVISED,
    OVERMIND_BWRAP,
    OVERMIND_RUNNER_TOKEN_FD,
    OVERMIND_HIDDEN_DIRS,
    PATH,
  } = parsed.data;
  return {
    url: OVERMIND_URL,
    folder: OVERMIND_RUNNER_DIR,
    onStop: OVERMIND_RUNNER_ON_STOP,
    isSupervised: OVERMIND_SUPERVISED === '1',
    searchPath: userPath(PATH, ownFolder),
    all: variables,
    tokenFd: OVERMIND_RUNNER_TOKEN_FD ?? null,
    sandboxFile: OVERMIND_BWRAP ?? null,
    hiddenPaths: OVERMIND_HIDDEN_DIRS.split(delimiter).filter(isAbsolute),
  };
}
