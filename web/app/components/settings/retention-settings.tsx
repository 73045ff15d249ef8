import { useMutation } from 'urql';
import { MAX_RETENTION_DAYS } from '#contract/limits.ts';
import { graphql } from '~/graphql/gql/gql.ts';
import { readFragment, type FragmentType } from '~/graphql/gql/fragment-masking.ts';
import { mutationFailure } from '~/graphql/mutation-failure.ts';
import { formText } from '~/lib/form-text.ts';
import { Guarded } from '../frame/project-rights.tsx';
import { Field, Input } from '../ui/field.tsx';
import { MutationForm } from '../ui/mutation-form.tsx';
import { showToast } from '../ui/toast-store.ts';
import { SettingsSection } from './settings-section.tsx';

export const RetentionSettings_ProjectFragment = graphql(`
  fragment RetentionSettings_Project on Project {
    id
    revision
    retention {
      runLogDays
      eventDays
      artifactDays
      recordingDays
    }
  }
`);

const UpdateRetention_Mutation = graphql(`
  mutation UpdateRetention($input: UpdateProjectInput!) {
    updateProject(input: $input) {
      __typename
      ... on UpdateProjectPayload {
        project {
          id
          revision
          ...RetentionSettings_Project
        }
      }
      ...MutationFailure_UserError
    }
  }
`);

const RULES = [
  { name: 'runLogDays', label: 'Logs of runs', hint: 'Days after a run has ended; what its agent did goes too' },
  { name: 'artifactDays', label: 'Changes and files', hint: 'Days, and longer while the task is not over' },
  { name: 'recordingDays', label: 'Recordings', hint: 'Days; the sound alone, what was said stays' },
  { name: 'eventDays', label: 'Events', hint: 'Days; who was away for longer loads the pages anew' },
] as const;

/** How long the project keeps what only grows. */
export function RetentionSettings({
  project: masked,
}: {
  project: FragmentType<typeof RetentionSettings_ProjectFragment>;
}) {
  const { id: projectId, retention } = readFragment(RetentionSettings_ProjectFragment, masked);
  const [, updateProject] = useMutation(UpdateRetention_Mutation);
  const submit = async (fields: FormData): Promise<string | null> => {
    const days = (name: string): number | null =>
      formText(fields, name) === '' ? null : Number(formText(fields, name));
    const refused = mutationFailure(
      await updateProject({
        input: {
          projectId,
          retention: {
            runLogDays: days('runLogDays'),
            artifactDays: days('artifactDays'),
            recordingDays: days('recordingDays'),
            eventDays: days('eventDays'),
          },
        },
      }),
    );
    if (!refused) showToast({ kind: 'info', text: 'Saved' });
    return refused;
  };
  return (
    <SettingsSection
      title="Retention"
      text="What is older is removed, and says so where it was. Leave a field empty to keep it for ever. Tasks, their audit trails and what was merged are never removed."
    >
      <Guarded permission="PROJECT_WRITE">
        <MutationForm className="max-w-xl" onSubmit={submit} submitLabel="Save">
          <div className="grid gap-4 sm:grid-cols-2">
            {RULES.map(({ name, label, hint }) => (
              <Field key={name} label={label} hint={hint}>
                <Input
                  name={name}
                  type="number"
                  min={1}
                  max={MAX_RETENTION_DAYS}
                  step={1}
                  placeholder="For ever"
                  defaultValue={retention[name] ?? ''}
                />
              </Field>
            ))}
          </div>
        </MutationForm>
      </Guarded>
    </SettingsSection>
  );
}
