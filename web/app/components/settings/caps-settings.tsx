import { useMutation } from 'urql';
import { graphql } from '~/graphql/gql/gql.ts';
import { readFragment, type FragmentType } from '~/graphql/gql/fragment-masking.ts';
import { mutationFailure } from '~/graphql/mutation-failure.ts';
import { Guarded } from '../frame/project-rights.tsx';
import { Field, Input } from '../ui/field.tsx';
import { MutationForm } from '../ui/mutation-form.tsx';
import { showToast } from '../ui/toast-store.ts';
import { CapsFields, capsIn, numberIn } from './caps-fields.tsx';
import { SettingsSection } from './settings-section.tsx';

export const CapsSettings_ProjectFragment = graphql(`
  fragment CapsSettings_Project on Project {
    id
    revision
    caps {
      perDay {
        runs
        wallSeconds
        tokens
        costUsd
      }
      perTaskDay {
        runs
        wallSeconds
        tokens
        costUsd
      }
      perTask {
        runs
        wallSeconds
        tokens
        costUsd
      }
      runsAtOnce
    }
  }
`);

const UpdateCaps_Mutation = graphql(`
  mutation UpdateCaps($input: UpdateProjectInput!) {
    updateProject(input: $input) {
      __typename
      ... on UpdateProjectPayload {
        project {
          id
          revision
          ...CapsSettings_Project
        }
      }
      ...MutationFailure_UserError
    }
  }
`);

const PARTS = [
  { name: 'perDay', legend: 'All agents together, on a day' },
  { name: 'perTaskDay', legend: 'Each task, on a day' },
  { name: 'perTask', legend: 'Each task, in all' },
] as const;

/** What agents may use in the project. */
export function CapsSettings({ project: masked }: { project: FragmentType<typeof CapsSettings_ProjectFragment> }) {
  const { id: projectId, caps } = readFragment(CapsSettings_ProjectFragment, masked);
  const [, updateProject] = useMutation(UpdateCaps_Mutation);
  const submit = async (fields: FormData): Promise<string | null> => {
    const refused = mutationFailure(
      await updateProject({
        input: {
          projectId,
          caps: {
            perDay: capsIn(fields, 'perDay'),
            perTaskDay: capsIn(fields, 'perTaskDay'),
            perTask: capsIn(fields, 'perTask'),
            runsAtOnce: numberIn(fields, 'runsAtOnce'),
          },
        },
      }),
    );
    if (!refused) showToast({ kind: 'info', text: 'Saved' });
    return refused;
  };
  return (
    <SettingsSection
      title="Caps"
      text="What is reached starts nothing more and stops what is at work; its tasks wait, and go on when the day (of UTC) is over or the cap is raised. Runs whose cost is not known do not count in dollars: cap their number or their time too."
    >
      <Guarded permission="PROJECT_WRITE">
        <MutationForm className="max-w-xl" onSubmit={submit} submitLabel="Save">
          {PARTS.map(({ name, legend }) => (
            <CapsFields key={name} name={name} legend={legend} caps={caps[name]} />
          ))}
          <Field label="Runs at once" hint="At work at the same time, by all agents" className="max-w-40">
            <Input
              name="runsAtOnce"
              type="number"
              min={1}
              max={1_000}
              step={1}
              placeholder="No cap"
              defaultValue={caps.runsAtOnce ?? ''}
            />
          </Field>
        </MutationForm>
      </Guarded>
    </SettingsSection>
  );
}
