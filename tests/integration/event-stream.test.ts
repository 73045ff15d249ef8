import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startApi } from '#api/server.ts';
import type { UserActor } from '#core/access/actor.ts';
import { MAX_SOCKETS_AN_ACCOUNT } from '#core/config/limits.ts';
import { updateProject } from '#core/projects/update-project.ts';
import type { Project } from '#prisma/generated/client/client.ts';
import { post } from '#tests/kit/graphql-client.ts';
import { seeder } from '#tests/kit/seed.ts';
import { startTestSystem } from '#tests/kit/system.ts';
import type { TestSystem } from '#tests/kit/system.ts';

let system: TestSystem;
let url: string;
let user: UserActor & { token: string };
let project: Project;
beforeAll(async () => {
  system = await startTestSystem();
  ({ url } = await system.startApi());
});
beforeEach(async () => {
  user = await seeder(system.core).user();
  project = await seeder(system.core).project(user);
});
afterAll(() => system.close());

/** As `curl -N -H 'accept: text/event-stream'` would. */
async function stream(
  token: string,
  query = 'subscription ($id: ID!) { projectEvents(projectId: $id, after: "0") { type } }',
) {
  const controller = new AbortController();
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream', authorization: `Bearer ${token}` },
    body: JSON.stringify({ query, variables: { id: project.id } }),
    signal: controller.signal,
  });
  let text = '';
  let hasEnded = false;
  const reading = (async () => {
    try {
      for await (const bytes of response.body as unknown as AsyncIterable<Uint8Array>)
        text += Buffer.from(bytes).toString();
    } catch (error) {
      // Cut off is one way to end.
      text += `\n${String(error)}`;
    }
    hasEnded = true;
  })();
  return {
    response,
    text: () => text,
    hasEnded: () => hasEnded,
    async close() {
      controller.abort();
      await reading;
    },
  };
}

test('a script follows a project by server-sent events', async () => {
  const events = await stream(user.token);
  expect(events.response.headers.get('content-type')).toContain('text/event-stream');
  await expect.poll(events.text).toMatch(/event: next\ndata: {"data":{"projectEvents":{"type":"[a-z.]+"}}}\n\n/);
  await updateProject(system.core, user, { projectId: project.id, description: 'changed' });
  await expect.poll(events.text).toContain('project.updated');
  await events.close();
});

test('what is refused is said in the stream, and ends it', async () => {
  const stranger = await seeder(system.core).user();
  const events = await stream(stranger.token);
  await expect.poll(events.hasEnded).toBe(true);
  expect(events.text()).toContain('NOT_FOUND');
  const nobody = await stream('ovm_usr_nobody');
  expect(nobody.response.status).toBe(401);
  await nobody.close();
});

test('a stream ends with its session, and with the right to what is followed', async () => {
  const member = await seeder(system.core).user({ isAdmin: true });
  const [own, lost] = [await stream(user.token), await stream(member.token)];
  for (const each of [own, lost]) await expect.poll(each.text).toContain('projectEvents');
  await system.core.db.user.update({ where: { id: member.userId }, data: { isAdmin: false } });
  await expect.poll(lost.hasEnded, { timeout: 5_000 }).toBe(true);
  expect(lost.text()).toContain('FORBIDDEN');
  expect(own.hasEnded()).toBe(false);
  await post(url, 'mutation { logout { __typename } }', {}, user.token);
  await expect.poll(own.hasEnded, { timeout: 5_000 }).toBe(true);
});

test('streams are counted with the sockets of an account, and given back', async () => {
  const all = await Promise.all(
    Array.from({ length: MAX_SOCKETS_AN_ACCOUNT }, () =>
      stream(user.token, 'subscription { systemPartsChanged { name } }'),
    ),
  );
  expect(new Set(all.map(({ response }) => response.status))).toEqual(new Set([200]));
  const tooMany = await stream(user.token);
  expect(tooMany.response.status).toBe(429);
  await Promise.all(all.map((each) => each.close()));
  await expect
    .poll(async () => {
      const again = await stream(user.token);
      await again.close();
      return again.response.status;
    })
    .toBe(200);
});

test('an api that stops ends its streams at once', async () => {
  const core = system.openCore();
  const own = await startApi({ core, host: '127.0.0.1', port: 0, trustedProxies: [], isExplorable: false });
  const before = url;
  url = `http://127.0.0.1:${own.port}`;
  const events = await stream(user.token);
  url = before;
  await expect.poll(events.text).toContain('projectEvents');
  const startedAt = performance.now();
  await own.close();
  expect(performance.now() - startedAt).toBeLessThan(4_000);
  await core.close();
  await expect.poll(events.hasEnded).toBe(true);
});
