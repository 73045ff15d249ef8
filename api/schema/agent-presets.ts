import { installedPrograms } from '#core/agents/installed-programs.ts';
import { AGENT_PRESETS, AGENT_PRESET_NAMES, presetConfig } from '#core/agents/presets.ts';
import type { AgentPreset } from '#core/agents/presets.ts';
import { actorOf, builder } from './builder.ts';
import { AgentPresetEnum } from './enums.ts';

interface ListedPreset {
  preset: AgentPreset;
  /** Null: no runner has told of its programs. */
  installed: ReadonlySet<string> | null;
}

const AgentPresetDetailsType = builder.objectRef<ListedPreset>('AgentPresetDetails').implement({
  description: 'A well-known coding agent, ready to be run.',
  fields: (t) => ({
    preset: t.field({ type: AgentPresetEnum, description: 'Its name in the API.', resolve: ({ preset }) => preset }),
    title: t.string({ description: 'As people know it.', resolve: ({ preset }) => AGENT_PRESETS[preset].title }),
    version: t.int({
      description: 'Grows with every change of `config`.',
      resolve: ({ preset }) => AGENT_PRESETS[preset].version,
    }),
    program: t.string({
      nullable: true,
      description: 'The command that must be installed; null: none that is known.',
      resolve: ({ preset }) => AGENT_PRESETS[preset].program,
    }),
    signIn: t.string({
      description: 'How its program is signed in, in one sentence.',
      resolve: ({ preset }) => AGENT_PRESETS[preset].signIn,
    }),
    config: t.field({
      type: 'JSON',
      description: 'A whole AgentConfig of the contract, for `createAgent`.',
      resolve: ({ preset }) => presetConfig(preset),
    }),
    isInstalled: t.boolean({
      nullable: true,
      description:
        'Whether a runner of the project, or any, has its program; null: none has told, or it is no program that they look for.',
      resolve: ({ preset, installed }) => {
        const { program } = AGENT_PRESETS[preset];
        return program === null || installed === null ? null : installed.has(program);
      },
    }),
  }),
});

builder.queryField('agentPresets', (t) =>
  t.field({
    type: [AgentPresetDetailsType],
    nullable: true,
    description: 'What agents can be made of without writing a configuration.',
    authScopes: { signedIn: true },
    args: { projectId: t.arg.id({ description: 'Whose runners are to have the programs; without it, any.' }) },
    resolve: async (_root, { projectId }, context) => {
      const installed = await installedPrograms(context.core, actorOf(context), projectId ?? null);
      return AGENT_PRESET_NAMES.map((preset) => ({ preset, installed }));
    },
  }),
);
