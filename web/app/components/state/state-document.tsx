import { Pencil, Undo2 } from 'lucide-react';
import { lazy, Suspense, useState } from 'react';
import { useQuery } from 'urql';
import { graphql } from '~/graphql/gql/gql.ts';
import type { OldStateQuery } from '~/graphql/gql/graphql.ts';
import { apiErrorFacts } from '~/graphql/api-error.ts';
import { useRefusal } from '../frame/project-rights.tsx';
import { Button } from '../ui/button.tsx';
import { ErrorState } from '../ui/error-state.tsx';
import { Segmented } from '../ui/segmented.tsx';
import { SkeletonLines } from '../ui/skeleton.tsx';
import { Select } from '../ui/field.tsx';
import { RelativeTime } from '../ui/time.tsx';
import { RollBackDialog, type RollBackDialogProps } from './roll-back-dialog.tsx';
import { StateText } from './state-text.tsx';

const StateDiff = lazy(() => import('./state-diff.tsx'));

const StateDiff_Query = graphql(`
  query StateDiff($projectId: ID!, $from: Int!, $to: Int!) {
    stateDiff(projectId: $projectId, from: $from, to: $to)
  }
`);

interface StateDocumentProps {
  projectId: string;
  state: NonNullable<OldStateQuery['stateVersion']>;
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
  /** What was asked for by the click, while the question stands: a newer version may come meanwhile. */
  const [asked, ask] = useState<Pick<RollBackDialogProps, 'version' | 'undoes'> | null>(null);
  const refusal = useRefusal('STATE_WRITE');
  const isLatest = state.version === latest;
  const isRollBack = state.changes.some(({ kind }) => kind === 'ROLLED_BACK');
  return (
    <>
      <header className="flex shrink-0 flex-wrap items-center gap-x-3 gap-y-2 border-b border-line px-4 py-2.5 sm:px-6">
        <div className="min-w-0">
          <h2 className="font-semibold">
            Version <span className="tabular">{state.version}</span>
            {isLatest ? <span className="ml-2 text-xs font-normal text-muted">current</span> : null}
          </h2>
          <p className="title-wrap text-xs text-muted">
            {state.summary}, <RelativeTime value={state.createdAt} />
            {isLatest && state.updatedAt !== state.createdAt ? (
              <>
                ; brought up to date <RelativeTime value={state.updatedAt} />
              </>
            ) : null}
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
          {isRollBack ? (
            <Button
              size="sm"
              onClick={() => ask({ version: state.version - 1, undoes: state.version })}
              refusal={refusal}
              title={`Restores focus, status, pinned actions and notes of version ${state.version - 1}, the one before it; shows first what would change`}
            >
              <Undo2 aria-hidden className="size-3.5" />
              Undo this roll back…
            </Button>
          ) : null}
          {isLatest ? (
            <Button size="sm" refusal={refusal} onClick={onEdit}>
              <Pencil aria-hidden className="size-3.5" />
              Edit
            </Button>
          ) : (
            <Button
              size="sm"
              onClick={() => ask({ version: state.version, undoes: null })}
              refusal={refusal}
              title="Restores focus, status, pinned actions and notes of this version; shows first what would change"
            >
              <Undo2 aria-hidden className="size-3.5" />
              Roll back to this…
            </Button>
          )}
        </div>
      </header>
      {asked ? (
        <RollBackDialog
          projectId={projectId}
          version={asked.version}
          undoes={asked.undoes}
          onClose={() => ask(null)}
          onRolledBack={onRolledBack}
        />
      ) : null}
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
          <StateDiff text={data.stateDiff} same="Nothing changed between these versions." />
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
