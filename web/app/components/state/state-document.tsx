import { Pencil, Undo2 } from 'lucide-react';
import { lazy, Suspense, useState } from 'react';
import { useMutation, useQuery } from 'urql';
import { graphql } from '~/graphql/gql/gql.ts';
import type { StateQuery } from '~/graphql/gql/graphql.ts';
import { apiErrorFacts } from '~/graphql/api-error.ts';
import { mutationFailure } from '~/graphql/mutation-failure.ts';
import { Button } from '../ui/button.tsx';
import { ErrorState } from '../ui/error-state.tsx';
import { Segmented } from '../ui/segmented.tsx';
import { SkeletonLines } from '../ui/skeleton.tsx';
import { Select } from '../ui/field.tsx';
import { RelativeTime } from '../ui/time.tsx';
import { showToast } from '../ui/toast-store.ts';
import { StateText } from './state-text.tsx';
import { causeText } from './state-version-list.tsx';

const StateDiff = lazy(() => import('./state-diff.tsx'));

const StateDiff_Query = graphql(`
  query StateDiff($projectId: ID!, $from: Int!, $to: Int!) {
    stateDiff(projectId: $projectId, from: $from, to: $to)
  }
`);

const RollBackState_Mutation = graphql(`
  mutation RollBackState($input: RollBackStateInput!) {
    rollBackState(input: $input) {
      __typename
      ... on RollBackStatePayload {
        stateVersion {
          id
          version
        }
      }
      ... on UserError {
        code
        message
      }
    }
  }
`);

interface StateDocumentProps {
  projectId: string;
  state: NonNullable<StateQuery['stateVersion']>;
  latest: number;
  onEdit(): void;
  onRolledBack(): void;
}

/** One version: its text, or what changed since another one. */
export function StateDocument({ projectId, state, latest, onEdit, onRolledBack }: StateDocumentProps) {
  const [view, setView] = useState<'text' | 'changes'>('text');
  const [chosenFrom, setFrom] = useState<number | null>(null);
  // A newer version may come while one looks: what was chosen stays chosen.
  const from = chosenFrom !== null && chosenFrom < state.version ? chosenFrom : Math.max(1, state.version - 1);
  const [{ fetching }, rollBack] = useMutation(RollBackState_Mutation);
  const isLatest = state.version === latest;
  const goBack = async (): Promise<void> => {
    const failure = mutationFailure(await rollBack({ input: { projectId, version: state.version } }));
    if (failure) return showToast({ kind: 'error', text: failure });
    showToast({ kind: 'info', text: `The text of version ${state.version} is the newest version again` });
    onRolledBack();
  };
  return (
    <>
      <header className="flex shrink-0 flex-wrap items-center gap-x-3 gap-y-2 border-b border-line px-4 py-2.5 sm:px-6">
        <div className="min-w-0">
          <h2 className="font-semibold">
            Version <span className="tabular">{state.version}</span>
            {isLatest ? <span className="ml-2 text-xs font-normal text-muted">current</span> : null}
          </h2>
          <p className="title-wrap text-xs text-muted">
            {causeText(state.cause)}
            {state.createdBy ? ` by ${state.createdBy.email}` : ''}, <RelativeTime value={state.createdAt} />
          </p>
        </div>
        <div className="ml-auto flex flex-wrap items-center gap-2">
          <Segmented<'text' | 'changes'>
            label="View"
            value={view}
            onChange={setView}
            options={[
              { value: 'text', label: 'Document' },
              { value: 'changes', label: 'Changes' },
            ]}
          />
          {isLatest ? (
            <Button size="sm" onClick={onEdit}>
              <Pencil aria-hidden className="size-3.5" />
              Edit
            </Button>
          ) : (
            <Button
              size="sm"
              isBusy={fetching}
              onClick={() => void goBack()}
              title="Writes a new version with this text"
            >
              <Undo2 aria-hidden className="size-3.5" />
              Roll back to this
            </Button>
          )}
        </div>
      </header>
      {view === 'text' ? (
        <StateText text={state.content} format={state.format} />
      ) : (
        <Changes projectId={projectId} from={from} to={state.version} onFrom={setFrom} />
      )}
    </>
  );
}

/** Longer lists of versions are not for a drop-down. */
const MAX_OFFERED = 100;

function Changes({
  projectId,
  from,
  to,
  onFrom,
}: {
  projectId: string;
  from: number;
  to: number;
  onFrom(from: number): void;
}) {
  const [{ data, error }, refetch] = useQuery({ query: StateDiff_Query, variables: { projectId, from, to } });
  const offered = Array.from({ length: Math.min(MAX_OFFERED, to - 1) }, (_, i) => to - 1 - i);
  const skeleton = (
    <div className="p-6">
      <SkeletonLines count={8} label="Loading the changes" />
    </div>
  );
  if (to === 1)
    return <p className="p-6 text-muted">This is the first version: there is nothing to compare it with.</p>;
  return (
    <div className="min-h-0 flex-1 overflow-y-auto overscroll-contain">
      <label className="flex items-center gap-2 px-4 py-2 text-dense text-muted sm:px-6">
        Since
        <Select value={from} onChange={(event) => onFrom(Number(event.target.value))} className="h-7! w-36!">
          {offered.map((version) => (
            <option key={version} value={version}>
              version {version}
            </option>
          ))}
        </Select>
      </label>
      {typeof data?.stateDiff === 'string' ? (
        <Suspense fallback={skeleton}>
          <StateDiff text={data.stateDiff} />
        </Suspense>
      ) : error ? (
        <ErrorState
          title="The changes could not be loaded"
          message={apiErrorFacts(error).message}
          onRetry={() => refetch({ requestPolicy: 'network-only' })}
        />
      ) : (
        skeleton
      )}
    </div>
  );
}
