import { Plus, X } from 'lucide-react';
import { useState } from 'react';
import { useMutation } from 'urql';
import { graphql } from '~/graphql/gql/gql.ts';
import { readFragment, type FragmentType } from '~/graphql/gql/fragment-masking.ts';
import { mutationFailure } from '~/graphql/mutation-failure.ts';
import { formText } from '~/lib/form-text.ts';
import { SettingsSection } from '../settings/settings-section.tsx';
import { Button } from '../ui/button.tsx';
import { Field, Input } from '../ui/field.tsx';
import { showToast } from '../ui/toast-store.ts';

export const RunnerLabels_RunnerFragment = graphql(`
  fragment RunnerLabels_Runner on Runner {
    id
    revision
    labels
    advertisedLabels
    capacity
    maxCapacity
  }
`);

const UpdateRunner_Mutation = graphql(`
  mutation UpdateRunner($input: UpdateRunnerInput!) {
    updateRunner(input: $input) {
      __typename
      ... on UpdateRunnerPayload {
        runner {
          id
          revision
          ...RunnerItem_Runner
          ...RunnerLabels_Runner
        }
      }
      ...MutationFailure_UserError
    }
  }
`);

/** What it is given: by its labels, and how much at once. */
export function RunnerLabels({ runner: masked }: { runner: FragmentType<typeof RunnerLabels_RunnerFragment> }) {
  const runner = readFragment(RunnerLabels_RunnerFragment, masked);
  const [{ fetching }, updateRunner] = useMutation(UpdateRunner_Mutation);
  const [isAdding, setAdding] = useState(false);
  const change = async (changes: { labels?: string[]; capacity?: number | null }): Promise<void> => {
    const failure = mutationFailure(await updateRunner({ input: { runnerId: runner.id, ...changes } }));
    if (failure) showToast({ kind: 'error', text: failure });
    else setAdding(false);
  };
  const asked = runner.advertisedLabels.filter((label) => !runner.labels.includes(label));
  return (
    <SettingsSection
      title="Work it is given"
      text="Agents may ask for labels. A runner has those that you grant; what it asks for itself counts for nothing until then."
    >
      <div className="flex flex-col gap-5">
        <div>
          <h3 className="mb-1.5 text-dense font-medium">Labels</h3>
          <ul aria-label="Labels" className="flex flex-wrap items-center gap-1.5">
            {runner.labels.map((label) => (
              <li key={label} className="flex h-7 items-center gap-1 rounded-control bg-active pl-2 pr-1 text-dense">
                {label}
                <button
                  type="button"
                  aria-label={`Take ${label} back`}
                  className="touch-target rounded-sm p-0.5 text-faint hover:bg-hover hover:text-fg"
                  onClick={() => void change({ labels: runner.labels.filter((other) => other !== label) })}
                >
                  <X aria-hidden className="size-3.5" />
                </button>
              </li>
            ))}
            {asked.map((label) => (
              <li
                key={label}
                className="flex h-7 items-center gap-1.5 rounded-control border border-dashed border-line-strong pl-2 pr-1 text-dense text-muted"
              >
                Asks for {label}
                <button
                  type="button"
                  className="touch-target rounded-sm px-1 text-dense font-medium text-accent-text hover:bg-hover"
                  onClick={() => void change({ labels: [...runner.labels, label] })}
                >
                  Grant
                </button>
              </li>
            ))}
            <li>
              {isAdding ? (
                <form
                  className="flex items-center gap-1.5"
                  onSubmit={(event) => {
                    event.preventDefault();
                    const label = formText(new FormData(event.currentTarget), 'label');
                    if (label) void change({ labels: [...runner.labels, label] });
                  }}
                >
                  <Input
                    name="label"
                    aria-label="Label"
                    autoFocus
                    maxLength={64}
                    placeholder="gpu"
                    className="h-7! w-32!"
                    onKeyDown={(event) => (event.key === 'Escape' ? setAdding(false) : undefined)}
                  />
                  <Button type="submit" size="sm" isBusy={fetching}>
                    Grant
                  </Button>
                </form>
              ) : (
                <Button size="sm" variant="ghost" onClick={() => setAdding(true)}>
                  <Plus aria-hidden className="size-3.5" />
                  Label
                </Button>
              )}
            </li>
          </ul>
        </div>
        <form
          className="flex max-w-sm items-end gap-2"
          onSubmit={(event) => {
            event.preventDefault();
            const limit = formText(new FormData(event.currentTarget), 'limit');
            void change({ capacity: limit === '' ? null : Number(limit) });
          }}
        >
          <Field label="Runs at once, at most" isOptional className="flex-1" hint={`It takes ${runner.capacity} now.`}>
            <Input
              key={runner.maxCapacity}
              name="limit"
              type="number"
              min={1}
              max={100}
              defaultValue={runner.maxCapacity ?? ''}
              placeholder="No limit"
            />
          </Field>
          <Button type="submit" isBusy={fetching} className="mb-5 h-9!">
            Save
          </Button>
        </form>
      </div>
    </SettingsSection>
  );
}
