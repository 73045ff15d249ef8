import { createClient } from 'graphql-ws';
import type { Client, FormattedExecutionResult } from 'graphql-ws';
import WebSocket from 'ws';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { RunnerActor } from '#core/access/actor.ts';
import { countSql } from '#tests/kit/count-sql.ts';
import { collect, openSocket } from '#tests/kit/graphql-client.ts';
import { runnerSide, scheduledTask } from '#tests/kit/runs.ts';
import type { HeldRun } from '#tests/kit/runs.ts';
import { seeder } from '#tests/kit/seed.ts';
import { startTestSystem } from '#tests/kit/system.ts';
import type { TestSystem } from '#tests/kit/system.ts';

const APPEND = `mutation Append($input: AppendRunLogsInput!) {
  appendRunLogs(input: $input) {
    __typename
    ... on AppendRunLogsPayload { lastSeq }
    ... on ExpectedSeqError { expectedSeq }
    ... on UserError { code }
  }
}`;

/** Its answer has some hundred kilobytes. */
const LARGE = `{ ${[...'abcdefgh'].map((name) => `${name}: __schema { types { description fields { description } } }`).join(' ')} }`;

let system: TestSystem;
let url: string;
let runner: { token: string; actor: RunnerActor };
let run: HeldRun;
let socket: Client;
beforeAll(async () => {
  system = await startTestSystem();
  ({ url } = await system.startApi());
});
beforeEach(async () => {
  const seed = seeder(system.core);
  const user = await seed.user();
  const project = await seed.project(user);
  runner = await seed.runner(undefined, { projectIds: [project.id] });
  await scheduledTask(system.core, user, project, await seed.agent(project));
  run = await runnerSide(system.core, runner.actor).claim();
  socket = await openAndKeep(runner.token);
});
afterEach(() => socket.dispose());
afterAll(() => system.close());

/** A socket that is open as a runner's is: by what it follows. */
async function openAndKeep(token: string, client = openSocket(url, token)): Promise<Client> {
  await collect(client, 'subscription { runnerCommands { type } }', {}).until((commands) => commands.length > 0);
  return client;
}
const batch = (firstSeq: number, ...messages: string[]) => ({
  runId: run.spec.runId,
  leaseToken: run.token,
  firstSeq,
  streams: '1'.repeat(messages.length),
  messages,
});
/** The whole answer to an operation over a socket, and an error when its end does not follow. */
const ask = (
  input: object,
  query = APPEND,
  client = socket,
): Promise<FormattedExecutionResult<Record<string, unknown>, unknown> | unknown[]> =>
  new Promise((resolve, reject) => {
    let answer: FormattedExecutionResult<Record<string, unknown>, unknown> | null = null;
    client.subscribe(
      { query, variables: { input } },
      {
        next: (result) => (answer = result),
        error: (error) => (Array.isArray(error) ? resolve(error as unknown[]) : reject(error as Error)),
        complete: () => (answer ? resolve(answer) : reject(new Error('An end, and no answer'))),
      },
    );
  });
const stored = async (): Promise<string[]> =>
  (await system.core.db.agentRunLog.findMany({ where: { runId: run.spec.runId }, orderBy: { seq: 'asc' } })).map(
    ({ message }) => message,
  );
const appended = (lastSeq: number) => ({ data: { appendRunLogs: { __typename: 'AppendRunLogsPayload', lastSeq } } });

test('a batch over the socket costs one statement, and is stored and followed', async () => {
  expect(await ask(batch(0, 'a', 'b'))).toEqual(appended(1));
  const { result, statements } = await countSql(() => ask(batch(2, 'c')));
  expect(result).toEqual(appended(2));
  expect(statements).toEqual([expect.stringContaining('update agent_runs')]);
  const user = await seeder(system.core).user({ isAdmin: true });
  const follower = collect<{ messages: string[] }>(
    openSocket(url, user.token),
    'subscription ($id: ID!) { runLog(runId: $id) { firstSeq messages } }',
    { id: run.spec.runId },
  );
  const saw = (text: string) => (batches: { messages: string[] }[]) =>
    batches.flatMap(({ messages }) => messages).join('') === text;
  await follower.until(saw('abc'));
  expect(await ask(batch(3, 'd'))).toEqual(appended(3));
  await follower.until(saw('abcd'));
  expect(await stored()).toEqual(['a', 'b', 'c', 'd']);
});

test('a batch is answered also when more waits for its socket than is kept for one', async () => {
  const sockets: WebSocket[] = [];
  const slow = createClient({
    url: `${url.replace('http', 'ws')}/graphql`,
    webSocketImpl: class extends WebSocket {
      constructor(address: string, protocols: string) {
        super(address, protocols);
        sockets.push(this);
      }
    },
    connectionParams: { authorization: `Bearer ${runner.token}` },
    retryAttempts: 0,
  });
  await openAndKeep(runner.token, slow);
  sockets[0]?.pause();
  const answers: Promise<unknown>[] = [];
  for (let i = 0; i < 10; i += 1) {
    for (let n = 0; n < 3; n += 1)
      answers.push(ask({}, LARGE, slow).then((given) => expect(JSON.stringify(given).length).toBeGreaterThan(300_000)));
    const answer = ask(batch(i, `line ${i}`), APPEND, slow);
    answers.push(answer.then((given) => expect(given).toEqual(appended(i))));
    await expect.poll(stored, { timeout: 10_000 }).toHaveLength(i + 1);
  }
  sockets[0]?.resume();
  await Promise.all(answers);
  await slow.dispose();
});

test('what is asked is answered under the names it is asked by', async () => {
  const query = `mutation ($input: AppendRunLogsInput!) {
    stored: appendRunLogs(input: $input) { ... on AppendRunLogsPayload { last: lastSeq } }
  }`;
  expect(await ask(batch(0, 'a'), query)).toEqual({ data: { stored: { last: 0 } } });
  expect(await ask(batch(1, 'b', 'c'), query)).toEqual({ data: { stored: { last: 2 } } });
});

test('what is not the next batch is left to HTTP, changes nothing, and leaves the socket as it was', async () => {
  await ask(batch(0, 'a', 'b'));
  const inputs = [
    batch(0, 'a', 'b'),
    batch(1, 'b'),
    batch(5, 'later'),
    { ...batch(2, 'x'), streams: '' },
    { ...batch(2, 'x'), streams: '12' },
    batch(2, 'nul \0'),
    batch(2, 'x'.repeat(20_000)),
    { ...batch(2, 'x'), leaseToken: 'another' },
    { ...batch(2, 'x'), runId: 'no id' },
    { ...batch(2, 'x'), colour: 'red' },
    batch(2),
    batch(-1, 'x'),
  ];
  for (const input of inputs) expect(await ask(input)).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }]);
  const other = APPEND.replace('__typename', '__typename @include(if: true)');
  expect(await ask(batch(2, 'x'), other)).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }]);
  expect(await stored()).toEqual(['a', 'b']);
  expect(await ask(batch(2, 'c'))).toEqual(appended(2));
});

test('a token that was revoked behind the api’s back stores nothing over the socket it has opened', async () => {
  expect(await ask(batch(0, 'a'))).toEqual(appended(0));
  await system.core.db
    .$executeRaw`update runner_tokens set revoked_at = now() where runner_id = ${runner.actor.runnerId}`;
  expect(JSON.stringify(await ask(batch(1, 'b')))).toContain('UNAUTHENTICATED');
  expect(await stored()).toEqual(['a']);
});

test('a runner that was disabled, or whose token has run out, stores nothing over its socket', async () => {
  expect(await ask(batch(0, 'a'))).toEqual(appended(0));
  await system.core.db.$executeRaw`update runners set is_enabled = false where id = ${runner.actor.runnerId}`;
  expect(JSON.stringify(await ask(batch(1, 'b')))).toContain('UNAUTHENTICATED');
  await system.core.db.$executeRaw`update runners set is_enabled = true where id = ${runner.actor.runnerId}`;
  await system.core.db
    .$executeRaw`update runner_tokens set expires_at = now() where runner_id = ${runner.actor.runnerId}`;
  expect(JSON.stringify(await ask(batch(1, 'b')))).toContain('UNAUTHENTICATED');
  expect(await stored()).toEqual(['a']);
});

test('another runner, and a person, append nothing to a run over their sockets', async () => {
  const other = await seeder(system.core).runner();
  const otherSocket = await openAndKeep(other.token);
  const user = await seeder(system.core).user({ isAdmin: true });
  const userSocket = openSocket(url, user.token);
  expect(JSON.stringify(await ask(batch(0, 'x'), APPEND, otherSocket))).toContain('BAD_USER_INPUT');
  expect(JSON.stringify(await ask(batch(0, 'x'), APPEND, userSocket))).toContain('BAD_USER_INPUT');
  expect(await stored()).toEqual([]);
  await Promise.all([otherSocket.dispose(), userSocket.dispose()]);
});
