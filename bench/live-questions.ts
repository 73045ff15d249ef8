/**
 * How long an agent's question and its answer are on their way: askPermission sent → a browser that watches the project
 * shows it; answerPermission sent → the runner has the decision. The runner is played here, over the same wire.
 */
import { openApiClient } from './kit/graphql.ts';
import type { ApiClient } from './kit/graphql.ts';
import { addAgent, createTask, startProduct } from './kit/product.ts';
import { REPEATS, nowMs, report } from './kit/statistics.ts';

const QUESTIONS_A_REPEAT = 20;
const LABEL = 'bench-live';
const EVENTS = `subscription ($projectId: ID!) { projectEvents(projectId: $projectId) { __typename
  ... on AgentRunPermissionAskedEvent { run { openPermission { id title target expiresAt } } } } }`;
const mutation = (name: string, selection: string): string => {
  const title = `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
  return `mutation ($input: ${title}Input!) { ${name}(input: $input) { __typename ... on ${title}Payload { ${selection} } ... on UserError { code message } } }`;
};

interface AskedEvent {
  __typename: string;
  run?: { openPermission: { id: string } | null };
}

/** Waits for what another part of this program will say. */
function signal<T>(): { next(): Promise<T>; tell(value: T): void } {
  let wake: (value: T) => void = () => undefined;
  return { next: () => new Promise<T>((resolve) => (wake = resolve)), tell: (value) => wake(value) };
}

interface ClaimedSpec {
  runId: string;
  lease: { token: string };
}

/** The run is there a moment after its task. */
async function claim(side: ApiClient): Promise<ClaimedSpec> {
  for (;;) {
    const { claimed } = await side.ask<{ claimed: { spec: ClaimedSpec } | null }>(
      mutation('claimRun', 'claimed { spec }'),
      { input: {} },
    );
    if (claimed) return claimed.spec;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

const product = await startProduct();
try {
  const { client, project } = product;
  const { token, runner } = await client.ask<{ token: string; runner: { id: string } }>(
    mutation('createRunner', 'token runner { id }'),
    { input: { name: LABEL, labels: [LABEL], projectIds: [project.id] } },
  );
  const side = openApiClient(product.url, token);
  await side.ask(mutation('registerRunner', '__typename'), {
    input: { version: 'bench', labels: [LABEL], capacity: 1, isDraining: false },
  });
  const facts = { branch: 'main', remoteUrl: null, lastCommit: null, isBare: false, worktreeOf: null };
  const repositories = [{ path: project.repository, facts }];
  await side.ask(mutation('reportRepositories', '__typename'), {
    input: { report: { repositories, isComplete: true } },
  });
  await client.ask(mutation('grantRepository', '__typename'), {
    input: { runnerId: runner.id, path: project.repository, projectId: project.id },
  });
  const woken = signal<null>();
  side.subscribe<{ type: string }>('subscription { runnerCommands { type runId } }', {}, ({ type }) => {
    if (type === 'INPUT') woken.tell(null);
  });
  const shown = signal<string>();
  client.subscribe<AskedEvent>(EVENTS, { projectId: project.id }, ({ run }) => {
    if (run?.openPermission) shown.tell(run.openPermission.id);
  });
  await createTask(product, await addAgent(product, 'live', { labels: [LABEL] }));
  const { runId, lease: held } = await claim(side);
  const lease = { runId, leaseToken: held.token };

  const toPage: number[] = [];
  const toRunner: number[] = [];
  for (let count = -10; count < REPEATS * QUESTIONS_A_REPEAT; count += 1) {
    const asked = {
      key: `A:${count}`,
      title: 'Run npm test',
      toolKind: 'EXECUTE',
      target: 'npm test',
      timeoutMs: 60_000,
    };
    const seen = shown.next();
    const askedMs = nowMs();
    await side.ask(mutation('askPermission', '__typename'), { input: { ...lease, permission: asked } });
    const permissionId = await seen;
    const shownMs = nowMs();
    const heard = woken.next();
    const answeredMs = nowMs();
    await Promise.all([
      client.ask(mutation('answerPermission', '__typename'), { input: { permissionId, decision: 'ALLOW_ONCE' } }),
      heard.then(() =>
        side.ask(mutation('takeRunInput', 'inputs { number decision }'), { input: { ...lease, after: count + 9 } }),
      ),
    ]);
    if (count < 0) continue;
    toPage.push(shownMs - askedMs);
    toRunner.push(nowMs() - answeredMs);
    await side.ask(mutation('heartbeatRuns', '__typename'), { input: { runs: [lease] } });
  }
  await side.close();
  report('a live agent asks', [
    { name: 'askPermission sent → shown to who watches', values: toPage, unit: 'ms', gate: { atMost: 50 } },
    { name: 'answerPermission sent → its runner has the decision', values: toRunner, unit: 'ms', gate: { atMost: 75 } },
  ]);
} finally {
  await product.stop();
}
