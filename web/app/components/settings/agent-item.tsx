import { Bot } from 'lucide-react';
import { useState } from 'react';
import { useMutation } from 'urql';
import { graphql } from '~/graphql/gql/gql.ts';
import { readFragment, type FragmentType } from '~/graphql/gql/fragment-masking.ts';
import { mutationFailure } from '~/graphql/mutation-failure.ts';
import { presetLabel, usePresets, type Preset } from '../agents/use-presets.ts';
import { useRefusal } from '../frame/project-rights.tsx';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Field, Select, Textarea } from '../ui/field.tsx';
import { MutationForm } from '../ui/mutation-form.tsx';
import { Switch } from '../ui/switch.tsx';
import { showToast } from '../ui/toast-store.ts';
import { AgentCapsForm, AgentSpend } from './agent-caps.tsx';

export const AgentItem_AgentFragment = graphql(`
  fragment AgentItem_Agent on Agent {
    id
    revision
    name
    type
    isEnabled
    config
    presetNews
    ...AgentCaps_Agent
  }
`);

const UpdateAgent_Mutation = graphql(`
  mutation UpdateAgent($input: UpdateAgentInput!) {
    updateAgent(input: $input) {
      __typename
      ... on UpdateAgentPayload {
        agent {
          id
          revision
          ...AgentItem_Agent
        }
      }
      ...MutationFailure_UserError
    }
  }
`);

/** One agent: what it runs, what it has used and may use, whether it is given work, its whole configuration. */
export function AgentItem({
  projectId,
  agent: masked,
}: {
  projectId: string;
  agent: FragmentType<typeof AgentItem_AgentFragment>;
}) {
  const agent = readFragment(AgentItem_AgentFragment, masked);
  const [isEditing, setEditing] = useState(false);
  const [isCapping, setCapping] = useState(false);
  const refusal = useRefusal('AGENT_WRITE');
  const [{ fetching }, updateAgent] = useMutation(UpdateAgent_Mutation);
  const commands = (agent.config as { commands?: string[][] } | null)?.commands ?? [];
  const toggle = async (isEnabled: boolean): Promise<void> => {
    const failure = mutationFailure(await updateAgent({ input: { agentId: agent.id, isEnabled } }));
    if (failure) showToast({ kind: 'error', text: failure });
  };
  return (
    <li className="flex items-center gap-3 px-4 py-3">
      <Bot aria-hidden className="size-4 shrink-0 text-faint" />
      <div className="min-w-0 flex-1">
        <p className="font-medium">{agent.name}</p>
        <p className="truncate font-mono text-xs text-muted" title={commands.map((argv) => argv.join(' ')).join('\n')}>
          {commands.map((argv) => argv.join(' ')).join(' ; ')}
        </p>
        {agent.presetNews ? <p className="title-wrap text-xs text-blocked">{agent.presetNews}</p> : null}
        <AgentSpend agent={agent} />
      </div>
      <Button size="sm" variant="ghost" aria-label={`Caps of ${agent.name}`} onClick={() => setCapping(true)}>
        Caps
      </Button>
      <Button size="sm" variant="ghost" onClick={() => setEditing(true)}>
        Configure
      </Button>
      <Switch
        label={`${agent.name} is given work`}
        isOn={agent.isEnabled}
        isDisabled={fetching}
        refusal={refusal}
        onChange={(isOn) => void toggle(isOn)}
      />
      <Dialog
        isOpen={isCapping}
        onOpenChange={setCapping}
        title={`Caps of ${agent.name}`}
        description="Minutes are those that runs have worked. What is reached starts nothing more and stops what is at work; tasks wait until the day is over or the cap is raised."
        className="sm:max-w-2xl"
      >
        <AgentCapsForm
          agent={agent}
          refusal={refusal}
          onCancel={() => setCapping(false)}
          onSave={async (caps) => {
            const failure = mutationFailure(await updateAgent({ input: { agentId: agent.id, caps } }));
            if (failure === null) setCapping(false);
            return failure;
          }}
        />
      </Dialog>
      <Dialog
        isOpen={isEditing}
        onOpenChange={setEditing}
        title={`Agent ${agent.name}`}
        description="Its configuration, checked against the contract when it is saved. Runs that work keep what they started with."
        className="sm:max-w-2xl"
      >
        <ConfigForm
          projectId={projectId}
          config={agent.config}
          refusal={refusal}
          onCancel={() => setEditing(false)}
          onSave={async (config) => {
            const failure = mutationFailure(await updateAgent({ input: { agentId: agent.id, config } }));
            if (failure === null) setEditing(false);
            return failure;
          }}
        />
      </Dialog>
    </li>
  );
}

/** Whoever may not change it may read it. */
function ConfigForm({
  projectId,
  config,
  refusal,
  onCancel,
  onSave,
}: {
  projectId: string;
  config: unknown;
  refusal: string | undefined;
  onCancel(): void;
  onSave(config: unknown): Promise<string | null>;
}) {
  const [text, setText] = useState(() => JSON.stringify(config, null, 2));
  const presets = usePresets(projectId);
  const [taken, setTaken] = useState<Preset | null>(null);
  const take = (name: string): void => {
    const preset = presets.find(({ preset }) => preset === name) ?? null;
    setTaken(preset);
    if (preset) setText((before) => withPreset(before, preset) ?? before);
  };
  const submit = async (): Promise<string | null> => {
    let parsed: unknown;
    try {
      parsed = JSON.parse(text);
    } catch (error) {
      return `This is not JSON: ${error instanceof Error ? error.message : String(error)}`;
    }
    return onSave(parsed);
  };
  return (
    <MutationForm
      onSubmit={submit}
      submitLabel="Save"
      refusal={refusal}
      cancel={{ label: 'Cancel', onClick: onCancel }}
    >
      {refusal === undefined ? (
        <Field
          label="Preset"
          isOptional
          hint={
            taken?.signIn ?? 'Puts the command of a well-known agent, and what belongs to it, into the configuration.'
          }
        >
          <Select value={taken?.preset ?? ''} onChange={(event) => take(event.target.value)}>
            <option value="">As it is</option>
            {presets.map((preset) => (
              <option key={preset.preset} value={preset.preset}>
                {presetLabel(preset)}
              </option>
            ))}
          </Select>
        </Field>
      ) : null}
      <Field label="Configuration" hint="Commands are lists of arguments; no shell reads them.">
        <Textarea
          value={text}
          rows={18}
          spellCheck={false}
          readOnly={refusal !== undefined}
          onChange={(event) => setText(event.target.value)}
          className="font-mono text-xs! leading-5"
        />
      </Field>
    </MutationForm>
  );
}

/** What belongs to the program is the preset's; everything else stays. @returns null when the text is no JSON object */
function withPreset(text: string, { config }: Preset): string | null {
  type Config = Record<string, unknown> & { limits?: Record<string, unknown> };
  let before: Config;
  try {
    before = JSON.parse(text) as Config;
  } catch {
    return null; // Saving it says what is wrong with it.
  }
  const { preset, commands, resume, stdin, reader, env, envValues, limits } = config as Config;
  const idleTimeoutMs = limits?.['idleTimeoutMs'] ?? null;
  return JSON.stringify(
    { ...before, preset, commands, resume, stdin, reader, env, envValues, limits: { ...before.limits, idleTimeoutMs } },
    null,
    2,
  );
}
