import { useMutation } from 'urql';
import { graphql } from '~/graphql/gql/gql.ts';
import { mutationFailure } from '~/graphql/mutation-failure.ts';
import { formText } from '~/lib/form-text.ts';
import { Dialog } from '../ui/dialog.tsx';
import { Field, Input } from '../ui/field.tsx';
import { MutationForm } from '../ui/mutation-form.tsx';
import { PresetField } from './preset-field.tsx';
import { usePresets } from './use-presets.ts';

const CreateAgent_Mutation = graphql(`
  mutation CreateAgent($input: CreateAgentInput!) {
    createAgent(input: $input) {
      __typename
      ... on CreateAgentPayload {
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

interface CreateAgentDialogProps {
  projectId: string;
  isOpen: boolean;
  onOpenChange(isOpen: boolean): void;
}

export function CreateAgentDialog(props: CreateAgentDialogProps) {
  return (
    <Dialog
      isOpen={props.isOpen}
      onOpenChange={props.onOpenChange}
      title="New agent"
      description="Tasks are given to it by its name. Its whole configuration can be changed afterwards."
    >
      <CreateAgentForm {...props} />
    </Dialog>
  );
}

function CreateAgentForm({ projectId, onOpenChange }: CreateAgentDialogProps) {
  const [, createAgent] = useMutation(CreateAgent_Mutation);
  const presets = usePresets(projectId);
  const submit = async (fields: FormData): Promise<string | null> => {
    const preset = presets.find(({ preset }) => preset === formText(fields, 'preset'));
    if (!preset) return 'The presets are not loaded yet.';
    const config = { ...(preset.config as object), model: formText(fields, 'model') || null };
    const failure = mutationFailure(
      await createAgent({ input: { projectId, name: formText(fields, 'name'), config } }),
    );
    if (failure === null) onOpenChange(false);
    return failure;
  };
  return (
    <MutationForm
      onSubmit={submit}
      submitLabel="Create agent"
      cancel={{ label: 'Cancel', onClick: () => onOpenChange(false) }}
    >
      <Field label="Name" hint="Lower-case letters, digits, dots, dashes and underscores.">
        <Input name="name" required autoFocus autoCapitalize="none" spellCheck={false} placeholder="reviewer" />
      </Field>
      <PresetField projectId={projectId} name="preset" label="Runs" />
      <Field label="Model" isOptional hint="As its program calls it; left empty, the program chooses.">
        <Input name="model" maxLength={200} autoCapitalize="none" spellCheck={false} className="font-mono" />
      </Field>
    </MutationForm>
  );
}
