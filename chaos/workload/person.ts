import { setTimeout as sleep } from 'node:timers/promises';

/** What became of something that was asked for. `unknown`: it may or may not have been done. */
export type Outcome<T> =
  { kind: 'done'; value: T } | { kind: 'refused'; code: string; message: string } | { kind: 'unknown'; why: string };

const TIMEOUT_MS = 15_000;
/** Codes that say: not now, and nothing has been done for certain. */
const UNCERTAIN_CODES = ['INTERNAL', 'UNAVAILABLE', 'RATE_LIMITED'];

/** Somebody who uses the public API, at whichever api process answers. */
export class Person {
  private turn = 0;

  private constructor(
    private readonly ports: () => readonly number[],
    readonly token: string,
  ) {}

  static async signIn(ports: () => readonly number[], email: string, password: string): Promise<Person> {
    const nobody = new Person(ports, '');
    const { login } = await nobody.must<{ login: { token: string } }>(
      'mutation ($input: LoginInput!) { login(input: $input) { ... on LoginPayload { token } ... on UserError { code message } } }',
      { input: { email, password } },
    );
    return new Person(ports, login.token);
  }

  /** Asks once. The first field of the answer is looked at: an expected failure is a refusal. */
  async ask<T>(query: string, variables: Record<string, unknown> = {}): Promise<Outcome<T>> {
    const ports = this.ports();
    const port = ports[this.turn++ % Math.max(1, ports.length)];
    if (port === undefined) return { kind: 'unknown', why: 'no api is up' };
    try {
      const response = await fetch(`http://127.0.0.1:${port}/graphql`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(this.token ? { authorization: `Bearer ${this.token}` } : {}),
        },
        body: JSON.stringify({ query, variables }),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      return readAnswer<T>(await response.text());
    } catch (error) {
      return { kind: 'unknown', why: String(error instanceof Error ? (error.cause ?? error) : error) };
    }
  }

  /** Asks until there is an answer. @throws Error for a refusal */
  async must<T>(query: string, variables: Record<string, unknown> = {}, forMs = 30_000): Promise<T> {
    const endMs = performance.now() + forMs;
    for (;;) {
      const outcome = await this.ask<T>(query, variables);
      if (outcome.kind === 'done') return outcome.value;
      if (outcome.kind === 'refused' || performance.now() > endMs)
        throw new Error(
          `Expected the API to do what was asked, found ${JSON.stringify(outcome)} for ${query.slice(0, 80)}`,
        );
      await sleep(200);
    }
  }

  async createRunner(name: string, capacity: number): Promise<string> {
    const made = await this.must<{ createRunner: { token: string } }>(
      'mutation ($input: CreateRunnerInput!) { createRunner(input: $input) { ... on CreateRunnerPayload { token } ... on UserError { code message } } }',
      { input: { name, capacity } },
    );
    return made.createRunner.token;
  }
}

function readAnswer<T>(text: string): Outcome<T> {
  const answer = JSON.parse(text) as {
    data?: Record<string, unknown> | null;
    errors?: { message: string; extensions?: { code?: string } }[];
  };
  const [error] = answer.errors ?? [];
  if (error) {
    const code = error.extensions?.code ?? 'INTERNAL';
    return UNCERTAIN_CODES.includes(code)
      ? { kind: 'unknown', why: `${code}: ${error.message}` }
      : { kind: 'refused', code, message: error.message };
  }
  const [first] = Object.values(answer.data ?? {});
  if (typeof first === 'object' && first !== null && 'code' in first && 'message' in first)
    return { kind: 'refused', code: String(first.code), message: String(first.message) };
  return { kind: 'done', value: answer.data as T };
}
