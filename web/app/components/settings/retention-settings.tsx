import { useState } from 'react';
import { useMutation } from 'urql';
import { graphql } from '~/graphql/gql/gql.ts';
import { readFragment, type FragmentType } from '~/graphql/gql/fragment-masking.ts';
import { mutationFailure } from '~/graphql/mutation-failure.ts';
import { formText } from '~/lib/form-text.ts';
import { Guarded } from '../frame/project-rights.tsx';
import { Button } from '../ui/button.tsx';
import { Field, Input } from '../ui/field.tsx';
import { Notice } from '../ui/notice.tsx';
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
          retention {
            runLogDays
            eventDays
            artifactDays
          }
        }
      }
      ... on UserError {
        code
        message
      }
    }
  }
`);

const RULES = [
  { name: 'runLogDays', label: 'Logs of runs', hint: 'Days after a run has ended' },
  { name: 'artifactDays', label: 'Changes and files', hint: 'Days, and longer while the task is not over' },
  { name: 'eventDays', label: 'Events', hint: 'Days; who was away for longer loads the pages anew' },
] as const;

/** How long the project keeps what only grows. */
export function RetentionSettings({
  project: masked,
}: {
  project: FragmentType<typeof RetentionSettings_ProjectFragment>;
}) {
  const { id: projectId, retention } = readFragment(RetentionSettings_ProjectFragment, masked);
  const [{ fetching }, updateProject] = useMutation(UpdateRetention_Mutation);
  const [failure, setFailure] = useState<string | null>(null);
  const submit = async (form: HTMLFormElement): Promise<void> => {
    const fields = new FormData(form);
    const days = (name: string): number | null =>
      formText(fields, name) === '' ? null : Number(formText(fields, name));
    const refused = mutationFailure(
      await updateProject({
        input: {
          projectId,
          retention: {
            runLogDays: days('runLogDays'),
            artifactDays: days('artifactDays'),
            eventDays: days('eventDays'),
          },
        },
      }),
    );
    setFailure(refused);
    if (!refused) showToast({ kind: 'info', text: 'Saved' });
  };
  return (
    <SettingsSection
      title="Retention"
      text="What is older is removed, and says so where it was. Leave a field empty to keep it for ever. Tasks, their audit trails and what was merged are never removed."
    >
      <Guarded permission="PROJECT_WRITE">
        <form
          className="flex max-w-xl flex-col gap-4"
          onSubmit={(event) => {
            event.preventDefault();
            void submit(event.currentTarget);
          }}
        >
          {failure ? (
            <Notice kind="error" role="alert">
              {failure}
            </Notice>
          ) : null}
          <div className="grid gap-4 sm:grid-cols-3">
            {RULES.map(({ name, label, hint }) => (
              <Field key={name} label={label} hint={hint}>
                <Input
                  name={name}
                  type="number"
                  min={1}
                  max={36_500}
                  step={1}
                  placeholder="For ever"
                  defaultValue={retention[name] ?? ''}
                />
              </Field>
            ))}
          </div>
          <div>
            <Button type="submit" isBusy={fetching}>
              Save
            </Button>
          </div>
        </form>
      </Guarded>
    </SettingsSection>
  );
}
