import { useMutation } from 'urql';
import { MAX_NAME_CHARS } from '#contract/limits.ts';
import { graphql } from '~/graphql/gql/gql.ts';
import { mutationFailure } from '~/graphql/mutation-failure.ts';
import { formText } from '~/lib/form-text.ts';
import { Dialog } from '../ui/dialog.tsx';
import { Field, Input } from '../ui/field.tsx';
import { MutationForm } from '../ui/mutation-form.tsx';

const CreateRunner_Mutation = graphql(`
  mutation CreateRunner($input: CreateRunnerInput!) {
    createRunner(input: $input) {
      __typename
      ... on CreateRunnerPayload {
        token
        runner {
          id
          revision
          ...RunnerItem_Runner
        }
      }
      ...MutationFailure_UserError
    }
  }
`);

interface CreateRunnerDialogProps {
  isOpen: boolean;
  onOpenChange(isOpen: boolean): void;
  onToken(token: string): void;
}

export function CreateRunnerDialog(props: CreateRunnerDialogProps) {
  return (
    <Dialog
      isOpen={props.isOpen}
      onOpenChange={props.onOpenChange}
      title="Add runner"
      description="It gets a token that can do nothing but a runner’s work."
    >
      <CreateRunnerForm {...props} />
    </Dialog>
  );
}

function CreateRunnerForm({ onOpenChange, onToken }: CreateRunnerDialogProps) {
  const [, createRunner] = useMutation(CreateRunner_Mutation);
  const submit = async (fields: FormData): Promise<string | null> => {
    const labels = formText(fields, 'labels')
      .split(/[\s,]+/)
      .filter(Boolean);
    const result = await createRunner({
      input: { name: formText(fields, 'name'), capacity: Number(fields.get('capacity')), labels },
    });
    if (result.data?.createRunner?.__typename === 'CreateRunnerPayload') {
      onOpenChange(false);
      onToken(result.data.createRunner.token);
    }
    return mutationFailure(result);
  };
  return (
    <MutationForm
      onSubmit={submit}
      submitLabel="Add runner"
      cancel={{ label: 'Cancel', onClick: () => onOpenChange(false) }}
    >
      <Field label="Name">
        <Input name="name" required autoFocus maxLength={MAX_NAME_CHARS} placeholder="workstation" />
      </Field>
      <Field label="Runs at once">
        <Input name="capacity" type="number" min={1} max={64} defaultValue={2} required />
      </Field>
      <Field label="Labels" isOptional hint="What it has or can do; agents may ask for labels.">
        <Input name="labels" placeholder="gpu macos" />
      </Field>
    </MutationForm>
  );
}
