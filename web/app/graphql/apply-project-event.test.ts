import { Client, fetchExchange, gql, subscriptionExchange } from '@urql/core';
import { describe, expect, test } from 'vitest';
import { createCacheExchange } from './cache-exchange.ts';

const DETAIL = gql`
  query ($taskId: ID!) {
    task(id: $taskId) {
      __typename
      id
      viewerDeleteRefusal
      project {
        __typename
        id
      }
    }
  }
`;
const EVENTS = gql`
  subscription {
    projectEvents(projectId: "shop") {
      __typename
      projectId
      ... on ProjectUpdatedEvent {
        patch
      }
      ... on ProjectMemberUpdatedEvent {
        member {
          __typename
          id
          role
        }
      }
    }
  }
`;

/** Two open tasks of two projects, on a server that says how often each was asked for. */
async function openTasks() {
  const asked: Record<string, number> = {};
  let refusal: string | null = null;
  let tell: (event: object) => void = () => expect.unreachable('nobody follows');
  const client = new Client({
    url: 'http://overmind.test/graphql',
    preferGetMethod: false,
    fetch: (_url, init) => {
      const { variables } = JSON.parse(init?.body as string) as { variables: { taskId: string } };
      const id = variables.taskId;
      asked[id] = (asked[id] ?? 0) + 1;
      const project = { __typename: 'Project', id: id.startsWith('shop') ? 'shop' : 'bakery' };
      const task = { __typename: 'Task', id, viewerDeleteRefusal: refusal, project };
      return Promise.resolve(Response.json({ data: { task } }));
    },
    exchanges: [
      createCacheExchange(),
      subscriptionExchange({
        forwardSubscription: () => ({
          subscribe(sink) {
            tell = (projectEvents) => sink.next({ data: { projectEvents } });
            return { unsubscribe: () => undefined };
          },
        }),
      }),
      fetchExchange,
    ],
  });
  const shown: Record<string, unknown> = {};
  for (const taskId of ['shop-1', 'bakery-1'])
    client.query(DETAIL, { taskId }).subscribe(({ data, stale }) => {
      if (!stale) shown[taskId] = (data as { task: { viewerDeleteRefusal: unknown } }).task.viewerDeleteRefusal;
    });
  client.subscription(EVENTS, {}).subscribe(() => undefined);
  await expect.poll(() => Object.keys(shown).length).toBe(2);
  return { asked, shown, tell: (event: object) => tell(event), refuse: (why: string) => (refusal = why) };
}

describe('whether a task may be deleted', () => {
  test.each([
    [
      'the project is archived',
      { __typename: 'ProjectUpdatedEvent', projectId: 'shop', patch: { status: 'archived' } },
    ],
    [
      'a role is another one',
      {
        __typename: 'ProjectMemberUpdatedEvent',
        projectId: 'shop',
        member: { __typename: 'ProjectMember', id: 'm', role: 'VIEWER' },
      },
    ],
  ])('is asked again when %s, of the tasks of that project', async (_when, event) => {
    const { asked, shown, tell, refuse } = await openTasks();
    expect(shown).toEqual({ 'shop-1': null, 'bakery-1': null });
    refuse('Not for you.');
    tell(event);
    await expect.poll(() => shown['shop-1']).toBe('Not for you.');
    expect(asked).toEqual({ 'shop-1': 2, 'bakery-1': 1 });
  });

  test('is not asked again for a change that has nothing to do with it', async () => {
    const { asked, tell } = await openTasks();
    tell({ __typename: 'ProjectUpdatedEvent', projectId: 'shop', patch: { name: 'Corner shop' } });
    // The client asks in the same turn.
    await new Promise(setImmediate);
    expect(asked).toEqual({ 'shop-1': 1, 'bakery-1': 1 });
  });
});
