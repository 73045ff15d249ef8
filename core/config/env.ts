import { isIP } from 'node:net';
import path from 'node:path';
import { z } from 'zod';
import { MAX_PASSWORD_CHARS, MIN_PASSWORD_CHARS } from '#contract/limits.ts';
import { explainIssue } from '#contract/explain-issue.ts';

/** The only reader of process.env for api and workers. Only entry files call it. */
const booleanFlag = z.enum(['0', '1', 'true', 'false']).transform((value) => value === '1' || value === 'true');
const origin = z.url({ protocol: /^https?$/ }).transform((value) => new URL(value).origin);

function toList(value: string): string[] {
  return value
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean);
}

function isAddressOrNetwork(text: string): boolean {
  const [address = '', prefix, ...more] = text.split('/');
  const bits = { 0: -1, 4: 32, 6: 128 }[isIP(address) as 0 | 4 | 6];
  return (
    bits > 0 && more.length === 0 && (prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= bits))
  );
}

const Environment = z.object({
  PORT: z.coerce.number().int().min(1).max(65_535).default(3000),
  HOST: z.string().min(1).default('127.0.0.1'),
  OVERMIND_DATA_DIR: z
    .string()
    .min(1)
    .default('data')
    .transform((value) => path.resolve(value)),
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }),
  REDIS_URL: z.url({ protocol: /^rediss?$/ }),
  WEB_ORIGIN: origin.optional(),
  /** Whether the pages open sockets of their own: while they are developed, to hear of changes. */
  WEB_SOCKETS: booleanFlag.default(false),
  OVERMIND_PUBLIC_ORIGIN: origin.optional(),
  /** Names beside the public origin's and this machine's own that programs reach the api by, separated by commas. */
  OVERMIND_HOSTS: z
    .string()
    .default('')
    .transform(toList)
    .refine(
      (names) => names.every((name) => /^[A-Za-z0-9._-]+$/.test(name)),
      'Names without scheme and port, separated by commas',
    ),
  OVERMIND_GRAPHIQL: booleanFlag.default(process.env['NODE_ENV'] !== 'production'),
  /** Addresses and networks whose X-Forwarded-For is believed, separated by commas. None unless told: whatever runs on this machine, agents too, comes from loopback. */
  OVERMIND_TRUSTED_PROXIES: z
    .string()
    .default('')
    .transform(toList)
    .refine(
      (proxies) => proxies.every(isAddressOrNetwork),
      'Addresses and networks such as 10.0.0.0/8, separated by commas',
    ),
  OVERMIND_ADMIN_EMAIL: z.email().default('admin@localhost.local'),
  OVERMIND_ADMIN_PASSWORD: z.string().min(MIN_PASSWORD_CHARS).max(MAX_PASSWORD_CHARS).optional(),
  OVERMIND_DEMO: booleanFlag.default(true),
  OVERMIND_INSTANCE_NAME: z.string().max(64).default('api'),
  /** Set by `npm start`: standard input is held open by it, and ends with it. */
  OVERMIND_SUPERVISED: booleanFlag.default(false),
  /** What recordings are transcribed with: `moonshine`, on this machine; `none`: they are kept, and wait. */
  OVERMIND_SPEECH_ENGINE: z.enum(['moonshine', 'none']).default('moonshine'),
  /** Where the set-up of voice puts its parts, which may come later: a program, a folder and what it says of itself. */
  OVERMIND_FFMPEG: z.string().optional(),
  OVERMIND_VOICE_MODELS: z.string().optional(),
  OVERMIND_VOICE_STATE: z.string().optional(),
  PATH: z.string().default('/usr/local/bin:/usr/bin:/bin'),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
});
export type Environment = z.infer<typeof Environment>;

export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
}

/**
 * Reads and validates the environment.
 * @throws ConfigurationError whose message names the variable and what is wrong with it
 */
export function readEnvironment(source: NodeJS.ProcessEnv = process.env): Environment {
  const present = Object.fromEntries(Object.entries(source).filter(([, value]) => value !== ''));
  const parsed = Environment.safeParse(present, { error: explainIssue });
  if (parsed.success) return parsed.data;
  const lines = parsed.error.issues.map((issue) => {
    const name = String(issue.path[0]);
    return present[name] === undefined ? `${name} is not set` : `${name} is not valid: ${issue.message}`;
  });
  throw new ConfigurationError(`${lines.join('. ')}. See .env.example.`);
}

/** For entry files: a wrong environment ends the process with the one line that says what to set. */
export function readEnvironmentOrExit(): Environment {
  try {
    return readEnvironment();
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}
