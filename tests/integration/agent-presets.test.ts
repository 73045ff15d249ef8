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
