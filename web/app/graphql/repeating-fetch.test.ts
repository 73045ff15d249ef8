import { readFileSync } from 'node:fs';
import { buildSchema, getNamedType, isInputObjectType } from 'graphql';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { KEYED_MUTATIONS, repeatingFetch, SECRET_FIELDS } from './repeating-fetch.ts';

const CREATE = 'mutation CreateTask($input: CreateTaskInput!) {\n  createTask(input: $input) {\n    __typename\n  }\n}';
const CREATE_USER = 'mutation CreateUser($input: CreateUserInput!) { createUser(input: $input) { __typename } }';
const UPDATE = 'mutation UpdateTask($input: UpdateTaskInput!) { updateTask(input: $input) { __typename } }';
const made = () => Response.json({ data: { createTask: { __typename: 'CreateTaskPayload' } } });
const conflict = () => Response.json({ data: { createTask: { __typename: 'ConflictError' } } });
const unavailable = () => Response.json({ data: null, errors: [{ extensions: { code: 'UNAVAILABLE' } }] });
const gateway = () => new Response('Bad gateway', { status: 502 });
const broken = () => {
  throw new TypeError('Failed to fetch');
};

/** A server that answers so in turn, and the keys it has seen. */
function server(...answers: (() => Response)[]) {
  const keys: unknown[] = [];
  const send = repeatingFetch(
    (_resource, init) => {
      const { variables } = JSON.parse(init?.body as string) as { variables: { input: Record<string, unknown> } };
      keys.push(variables.input['idempotencyKey']);
      const answer = answers.shift();
      if (!answer) return Promise.reject(new Error('Asked once more than expected'));
      return Promise.resolve().then(answer);
    },
    [1, 1],
  );
  const post = (query: string, input: object = { title: 'A' }) =>
    send('/graphql', { method: 'POST', body: JSON.stringify({ query, variables: { input } }) });
  return { keys, post };
}

test('the mutations that take a key are those of the schema', () => {
  const schema = buildSchema(readFileSync(new URL('../../../schema.graphql', import.meta.url), 'utf8'));
  const keyed = Object.values(schema.getMutationType()?.getFields() ?? {}).filter(({ args }) => {
    const input = args[0] && getNamedType(args[0].type);
    return isInputObjectType(input) && 'idempotencyKey' in input.getFields();
  });
  expect([...KEYED_MUTATIONS].sort()).toEqual(keyed.map(({ name }) => name).sort());
});

test('each call has a key of its own; what makes nothing has none', async () => {
  const { keys, post } = server(made, made, made);
  await post(CREATE);
  await post(CREATE);
  await post(UPDATE);
  expect(keys[0]).toMatch(/^[0-9a-f]{32}$/);
  expect(new Set(keys).size).toBe(3);
  expect(keys[2]).toBeUndefined();
});

test.each([
  ['the network breaks', broken],
  ['a gateway finds no server', gateway],
  ['the server says that it does not know', unavailable],
])('it is sent again with its key when %s', async (_name, failure) => {
  const { keys, post } = server(failure, failure, made);
  expect(await (await post(CREATE)).json()).toMatchObject({
    data: { createTask: { __typename: 'CreateTaskPayload' } },
  });
  expect(keys).toHaveLength(3);
  expect(new Set(keys).size).toBe(1);
});

test('while the first is being carried out it waits; a conflict of its own is an answer', async () => {
  const waits = server(broken, conflict, made);
  expect(await (await waits.post(CREATE)).json()).toMatchObject({
    data: { createTask: { __typename: 'CreateTaskPayload' } },
  });
  const own = server(conflict);
  expect(await (await own.post(CREATE)).json()).toMatchObject({
    data: { createTask: { __typename: 'ConflictError' } },
  });
});

test('sent again by hand after all of that, it is the same call; with other words it is another', async () => {
  const { keys, post } = server(broken, broken, broken, made, broken, broken, broken, made, made);
  await expect(post(CREATE)).rejects.toThrow('Failed to fetch');
  await post(CREATE);
  expect(new Set(keys).size).toBe(1);
  await expect(post(CREATE)).rejects.toThrow('Failed to fetch');
  await post(CREATE, { title: 'B' });
  await post(CREATE);
  expect(new Set(keys).size).toBe(3);
  expect(keys.at(-1)).toBe(keys[4]);
});

describe('what a call that had no answer leaves', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'], now: 0 }));
  afterEach(() => void vi.useRealTimers());

  test('is its key, for five minutes: after that the same words are said once more', async () => {
    const { keys, post } = server(broken, broken, broken, broken, broken, broken, made);
    await expect(post(CREATE)).rejects.toThrow('Failed to fetch');
    vi.setSystemTime(299_999);
    await expect(post(CREATE)).rejects.toThrow('Failed to fetch');
    expect(new Set(keys).size).toBe(1);
    // It was tried again just now: the time begins anew, and then it is over.
    vi.setSystemTime(299_999 + 300_000);
    await post(CREATE);
    expect(new Set(keys).size).toBe(2);
  });

  test('goes with the time also when something else is sent', async () => {
    const { keys, post } = server(broken, broken, broken, made, made);
    await expect(post(CREATE)).rejects.toThrow('Failed to fetch');
    vi.setSystemTime(300_000);
    await post(UPDATE);
    // Had it been left, it would be found here.
    vi.setSystemTime(1);
    await post(CREATE);
    expect(new Set([keys[0], keys.at(-1)]).size).toBe(2);
  });

  test('is nothing when there is a secret in it', async () => {
    const { keys, post } = server(broken, broken, broken, made);
    const input = { email: 'a@example.test', password: 'correct horse' };
    await expect(post(CREATE_USER, input)).rejects.toThrow('Failed to fetch');
    await post(CREATE_USER, input);
    expect(new Set(keys.slice(0, 3)).size).toBe(1);
    expect(keys[3]).not.toBe(keys[0]);
  });

  test('the secrets are those of the schema', () => {
    const schema = buildSchema(readFileSync(new URL('../../../schema.graphql', import.meta.url), 'utf8'));
    const names = KEYED_MUTATIONS.flatMap((name) => {
      const input = schema.getMutationType()?.getFields()[name]?.args[0];
      const type = input && getNamedType(input.type);
      return isInputObjectType(type) ? Object.keys(type.getFields()) : [];
    });
    expect(names.filter((name) => /password|secret|token|credential/i.test(name))).toEqual(SECRET_FIELDS);
  });
});

test('what was given up is not sent again', async () => {
  const abort = new AbortController();
  let count = 0;
  const send = repeatingFetch(() => {
    count += 1;
    abort.abort();
    return Promise.reject(new DOMException('Aborted', 'AbortError'));
  }, [1]);
  await expect(
    send('/graphql', { body: JSON.stringify({ query: CREATE, variables: { input: {} } }), signal: abort.signal }),
  ).rejects.toThrow('Aborted');
  expect(count).toBe(1);
});
