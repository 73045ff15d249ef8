import { Link } from '@remix-run/react';
import { X } from 'lucide-react';
import { useMutation } from 'urql';
import { graphql } from '~/graphql/gql/gql.ts';
import { readFragment, type FragmentType } from '~/graphql/gql/fragment-masking.ts';
import { mutationFailure } from '~/graphql/mutation-failure.ts';
import { formText } from '~/lib/form-text.ts';
import { useRefusal } from '../frame/project-rights.tsx';
import { IconButton } from '../ui/button.tsx';
import { Field, Input } from '../ui/field.tsx';
import { MutationForm } from '../ui/mutation-form.tsx';
import { showToast } from '../ui/toast-store.ts';

export const RecordingTasks_RecordingFragment = graphql(`
  fragment RecordingTasks_Recording on Recording {
    id
    revision
    tasks {
      id
      revision
      title
    }
  }
`);

const LinkRecording_Mutation = graphql(`
  mutation LinkRecording($input: LinkRecordingInput!) {
    linkRecording(input: $input) {
      __typename
      ... on LinkRecordingPayload {
        recording {
          id
          revision
          ...RecordingTasks_Recording
        }
      }
      ...MutationFailure_UserError
    }
  }
`);

const UnlinkRecording_Mutation = graphql(`
  mutation UnlinkRecording($input: UnlinkRecordingInput!) {
    unlinkRecording(input: $input) {
      __typename
      ... on UnlinkRecordingPayload {
        recording {
          id
          revision
          ...RecordingTasks_Recording
        }
      }
      ...MutationFailure_UserError
    }
  }
`);

/** The tasks that a recording is about: those it has led to, and those that somebody names. */
export function RecordingTasks({
  projectId,
  recording: masked,
}: {
  projectId: string;
  recording: FragmentType<typeof RecordingTasks_RecordingFragment>;
}) {
  const { id: recordingId, tasks } = readFragment(RecordingTasks_RecordingFragment, masked);
  const refusal = useRefusal('CONVERSATION_WRITE');
  const [, link] = useMutation(LinkRecording_Mutation);
  const [, unlink] = useMutation(UnlinkRecording_Mutation);
  const submit = async (fields: FormData, form: HTMLFormElement): Promise<string | null> => {
    const failure = mutationFailure(await link({ input: { recordingId, taskId: formText(fields, 'task').trim() } }));
    if (failure === null) form.reset();
    return failure;
  };
  const loosen = async (taskId: string): Promise<void> => {
    const failure = mutationFailure(await unlink({ input: { recordingId, taskId } }));
    if (failure) showToast({ kind: 'error', text: `Still about this task: ${failure}` });
  };
  return (
    <section aria-label="Tasks" className="mt-8 border-t border-line pt-4">
      <h3 className="mb-1 text-dense font-medium text-muted">Tasks</h3>
      <ul className="mb-3 flex flex-col gap-0.5">
        {tasks.map(({ id, title }) => (
          <li key={id} className="flex items-center justify-between gap-2">
            <Link
              to={`/projects/${projectId}/tasks/${id}`}
              className="min-w-0 truncate text-accent-text hover:underline"
            >
              {title}
            </Link>
            {refusal === undefined ? (
              <IconButton label={`Not about ${title}`} size="sm" onClick={() => void loosen(id)}>
                <X aria-hidden className="size-3.5" />
              </IconButton>
            ) : null}
          </li>
        ))}
      </ul>
      {refusal === undefined ? (
        <MutationForm className="max-w-xs" onSubmit={submit} submitLabel="Add the task">
          <Field label="It is also about" hint="The short id of a task of this project">
            <Input name="task" required maxLength={100} autoComplete="off" placeholder="SHOP-12" />
          </Field>
        </MutationForm>
      ) : null}
    </section>
  );
}
