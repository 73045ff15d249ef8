import { Plus, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { useMutation } from 'urql';
import { MAX_PINNED_ACTIONS, MAX_STATE_LINE_CHARS, MAX_STATE_NOTE_CHARS } from '#contract/limits.ts';
import { graphql } from '~/graphql/gql/gql.ts';
import type { SaveStateInput, StateQuery } from '~/graphql/gql/graphql.ts';
import { mutationFailure } from '~/graphql/mutation-failure.ts';
import { Button, IconButton } from '../ui/button.tsx';
import { Field, Input, Select, Textarea } from '../ui/field.tsx';
import { Notice } from '../ui/notice.tsx';
import { showToast } from '../ui/toast-store.ts';

const SaveState_Mutation = graphql(`
  mutation SaveState($input: SaveStateInput!) {
    saveState(input: $input) {
      __typename
      ... on SaveStatePayload {
        stateVersion {
          id
          revision
          version
        }
      }
      ...MutationFailure_UserError
    }
  }
`);

const PRIORITIES = [1, 2, 3, 4, 5];

type HumanPart = NonNullable<NonNullable<StateQuery['stateVersion']>['humanPart']>;

interface StateEditorProps {
  projectId: string;
  version: number;
  humanPart: HumanPart;
  onDone(): void;
}

/** What people own of the document, in fields; the rest is generated. */
export function StateEditor({ projectId, onDone, ...base }: StateEditorProps) {
  // What it was taken from stays, also when a newer version comes while somebody writes.
  const [{ version, humanPart: before }] = useState(base);
  const [part, setPart] = useState(before);
  const [failure, setFailure] = useState<string | null>(null);
  const [{ fetching }, save] = useMutation(SaveState_Mutation);
  const changes = changesOf(before, part);
  const set = (changed: Partial<HumanPart>): void => setPart({ ...part, ...changed });
  const submit = async (): Promise<void> => {
    const refused = mutationFailure(await save({ input: { projectId, baseVersion: version, ...changes } }));
    if (refused) return setFailure(refused);
    showToast({ kind: 'info', text: 'Saved as a new version' });
    onDone();
  };
  return (
    <form
      className="flex min-h-0 flex-1 flex-col"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <header className="flex shrink-0 flex-wrap items-center gap-2 border-b border-line px-4 py-2.5 sm:px-6">
        <h2 className="font-semibold">Your part of the document</h2>
        <div className="ml-auto flex gap-2">
          <Button size="sm" onClick={onDone}>
            Discard
          </Button>
          <Button
            size="sm"
            type="submit"
            variant="primary"
            isBusy={fetching}
            disabled={Object.keys(changes).length === 0}
          >
            Save version
          </Button>
        </div>
      </header>
      <div className="flex min-h-0 flex-1 flex-col gap-4 overflow-y-auto overscroll-contain px-4 py-4 sm:px-6">
        {failure ? (
          <Notice kind="error" role="alert">
            {failure}
          </Notice>
        ) : null}
        <div className="flex max-w-3xl flex-col gap-4">
          <Field label="Focus" isOptional hint="Empty: the task that matters most.">
            <Input
              value={part.currentFocus ?? ''}
              maxLength={MAX_STATE_LINE_CHARS}
              onChange={(event) => set({ currentFocus: event.target.value || null })}
            />
          </Field>
          <Field label="Status" hint="Paused: nothing is started.">
            <Select
              value={part.status ?? 'ACTIVE'}
              onChange={(event) => set({ status: event.target.value === 'PAUSED' ? 'PAUSED' : 'ACTIVE' })}
              className="w-40!"
            >
              <option value="ACTIVE">Active</option>
              <option value="PAUSED">Paused</option>
            </Select>
          </Field>
          <PinnedActions actions={part.pinnedActions} onChange={(pinnedActions) => set({ pinnedActions })} />
          <Field label="Notes" isOptional>
            <Textarea
              value={part.notes}
              maxLength={MAX_STATE_NOTE_CHARS}
              onChange={(event) => set({ notes: event.target.value })}
              className="min-h-60 font-mono text-xs leading-5"
            />
          </Field>
        </div>
      </div>
    </form>
  );
}

interface PinnedActionsProps {
  actions: HumanPart['pinnedActions'];
  onChange(actions: HumanPart['pinnedActions']): void;
}

/** Next actions that stand in front of the generated ones, in their order. */
function PinnedActions({ actions, onChange }: PinnedActionsProps) {
  const change = (at: number, changed: Partial<HumanPart['pinnedActions'][number]>): void =>
    onChange(actions.map((action, i) => (i === at ? { ...action, ...changed } : action)));
  return (
    <fieldset className="flex flex-col gap-2">
      <legend className="mb-1 text-dense font-medium text-fg">Pinned next actions</legend>
      {actions.map((action, i) => (
        <div key={i} className="flex items-center gap-2">
          <Input
            aria-label={`Pinned action ${i + 1}`}
            value={action.description}
            required
            maxLength={MAX_STATE_LINE_CHARS}
            onChange={(event) => change(i, { description: event.target.value })}
          />
          <Select
            aria-label={`Priority of pinned action ${i + 1}`}
            value={action.priority}
            onChange={(event) => change(i, { priority: Number(event.target.value) })}
            className="w-20! shrink-0"
          >
            {PRIORITIES.map((priority) => (
              <option key={priority} value={priority}>
                P{priority}
              </option>
            ))}
          </Select>
          <IconButton
            label={`Remove pinned action ${i + 1}`}
            size="sm"
            onClick={() => onChange(actions.filter((_, other) => other !== i))}
          >
            <Trash2 aria-hidden className="size-3.5" />
          </IconButton>
        </div>
      ))}
      <div>
        <Button
          size="sm"
          disabled={actions.length >= MAX_PINNED_ACTIONS}
          onClick={() => onChange([...actions, { description: '', priority: 3 }])}
        >
          <Plus aria-hidden className="size-3.5" />
          Pin an action
        </Button>
      </div>
    </fieldset>
  );
}

/** Only what was changed is sent: what somebody else changes meanwhile stays theirs. */
function changesOf(before: HumanPart, { currentFocus, status, notes, pinnedActions }: HumanPart) {
  const changes: Omit<SaveStateInput, 'projectId' | 'baseVersion'> = {};
  if (currentFocus !== before.currentFocus) changes.currentFocus = currentFocus;
  if (status !== before.status && status !== null) changes.status = status;
  if (notes !== before.notes) changes.notes = notes;
  const actions = pinnedActions.map(({ description, priority }) => ({ description, priority }));
  const unchanged = before.pinnedActions.map(({ description, priority }) => ({ description, priority }));
  if (JSON.stringify(actions) !== JSON.stringify(unchanged)) changes.pinnedActions = actions;
  return changes;
}
