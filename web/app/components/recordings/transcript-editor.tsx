import { useMutation } from 'urql';
import { MAX_TRANSCRIPT_CHARS } from '#contract/limits.ts';
import { graphql } from '~/graphql/gql/gql.ts';
import { mutationFailure } from '~/graphql/mutation-failure.ts';
import { formText } from '~/lib/form-text.ts';
import { Field, Textarea } from '../ui/field.tsx';
import { MutationForm } from '../ui/mutation-form.tsx';

const EditTranscript_Mutation = graphql(`
  mutation EditTranscript($input: EditTranscriptInput!) {
    editTranscript(input: $input) {
      __typename
      ... on EditTranscriptPayload {
        recording {
          id
          revision
          transcript
          excerpt
          editedAt
        }
      }
      ...MutationFailure_UserError
    }
  }
`);

/** Corrects what was heard. */
export function TranscriptEditor({ recordingId, text, onDone }: { recordingId: string; text: string; onDone(): void }) {
  const [, editTranscript] = useMutation(EditTranscript_Mutation);
  const submit = async (fields: FormData): Promise<string | null> => {
    const failure = mutationFailure(
      await editTranscript({ input: { recordingId, text: formText(fields, 'transcript') } }),
    );
    if (failure === null) onDone();
    return failure;
  };
  return (
    <MutationForm
      className="mb-4"
      onSubmit={submit}
      submitLabel="Save"
      cancel={{ label: 'Leave it as it is', onClick: onDone }}
    >
      <Field label="Transcript" hint="What was said in the conversation stays as it is.">
        <Textarea name="transcript" rows={12} maxLength={MAX_TRANSCRIPT_CHARS} defaultValue={text} />
      </Field>
    </MutationForm>
  );
}
