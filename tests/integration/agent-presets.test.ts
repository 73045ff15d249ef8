import { afterAll, beforeAll, expect, test } from 'vitest';
import { AGENT_PRESET_NAMES, presetConfig } from '#core/agents/presets.ts';
import { post } from '#tests/kit/graphql-client.ts';
import { seeder } from '#tests/kit/seed.ts';
import { startTestSystem } from '#tests/kit/system.ts';
import type { TestSystem } from '#tests/kit/system.ts';

let system: TestSystem;
let url: string;
beforeAll(async () => {
  system = await startTestSystem();
  ({ url } = await system.startApi());
});
afterAll(() => system.close());

test('an agent can be made of every preset that the API lists, and is stored as that', async () => {
  const seed = seeder(system.core);
  const user = await seed.user();
  const project = await seed.project(user);
  const listed = await post(
    url,
    '{ agentPresets { preset title version program signIn config } }',
    undefined,
    user.token,
  );
  const { agentPresets } = listed.data as { agentPresets: { preset: string; config: object }[] };
  expect(agentPresets.map(({ preset }) => preset.toLowerCase())).toEqual(AGENT_PRESET_NAMES);
  expect(agentPresets.find(({ preset }) => preset === 'CODEX')).toMatchObject({
    title: 'Codex',
    program: 'codex',
    signIn: expect.stringContaining('codex login'),
  });
  for (const { preset, config } of agentPresets) {
    const name = `with-${preset.toLowerCase().replace('_', '-')}`;
    const answer = await post(
      url,
      'mutation ($input: CreateAgentInput!) { createAgent(input: $input) { __typename ... on UserError { message } } }',
      { input: { projectId: project.id, name, config } },
      user.token,
    );
    expect([preset, answer.data]).toEqual([preset, { createAgent: { __typename: 'CreateAgentPayload' } }]);
    expect((await seed.agent(project, name)).configJson).toEqual(
      presetConfig(preset.toLowerCase() as (typeof AGENT_PRESET_NAMES)[number]),
    );
  }
});

test('what a runner has installed is known to its projects, where it is to administrators', async () => {
  const seed = seeder(system.core);
  const [admin, user] = [await seed.user({ isAdmin: true }), await seed.user()];
  const [project, other] = [await seed.project(user), await seed.project(user)];
  const { token, runner } = await seed.runner('workstation', { projectIds: [project.id] });
  const installed = async (projectId: string) => {
    const query = 'query ($projectId: ID) { agentPresets(projectId: $projectId) { preset isInstalled } }';
    const answer = await post(url, query, { projectId }, user.token);
    const { agentPresets } = answer.data as { agentPresets: { preset: string; isInstalled: boolean | null }[] };
    return Object.fromEntries(agentPresets.map(({ preset, isInstalled }) => [preset, isInstalled]));
  };
  expect((await installed(project.id))['CODEX']).toBeNull();

  const told = { program: 'codex', path: '/opt/codex', version: '0.169.0', isSignedIn: true, problem: null };
  const report = (programs: object[]) =>
    post(
      url,
      'mutation ($input: ReportProgramsInput!) { reportPrograms(input: $input) { __typename } }',
      { input: { report: { programs } } },
      token,
    );
  expect((await report([told])).data).toEqual({ reportPrograms: { __typename: 'ReportProgramsPayload' } });
  expect((await report([{ ...told, path: 'relative' }])).data).toEqual({
    reportPrograms: { __typename: 'InvalidInputError' },
  });
  expect(await installed(project.id)).toEqual({
    DEMO: null,
    CLAUDE_CODE: false,
    CODEX: true,
    GEMINI: false,
    OPENCODE: false,
    AIDER: false,
    SCRIPT: null,
  });
  expect((await installed(other.id))['CODEX']).toBeNull();

  const listed = async (asker: { token: string }) => {
    const query = '{ runners { nodes { id programs { title isInstalled version isSignedIn path } } } }';
    const { nodes } = (await post(url, query, undefined, asker.token)).data?.['runners'] as {
      nodes: { id: string; programs: object[] }[];
    };
    return nodes.find(({ id }) => id === runner.id)?.programs;
  };
  const shown = { title: 'Codex', isInstalled: true, version: '0.169.0', isSignedIn: true };
  expect([await listed(admin), await listed(user)]).toEqual([
    [{ ...shown, path: '/opt/codex' }],
    [{ ...shown, path: null }],
  ]);
});

test('a project is made with the agents of a preset', async () => {
  const user = await seeder(system.core).user();
  const answer = await post(
    url,
    'mutation { createProject(input: { name: "With opencode", agentPreset: OPENCODE }) { ... on CreateProjectPayload { project { agents { nodes { config } } } } } }',
    undefined,
    user.token,
  );
  const { nodes } = (answer.data as { createProject: { project: { agents: { nodes: { config: unknown }[] } } } })
    .createProject.project.agents;
  expect(nodes.map(({ config }) => config)).toEqual(Array(5).fill(presetConfig('opencode')));
});
