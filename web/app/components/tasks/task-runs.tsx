import { useState } from 'react';
import { graphql } from '~/graphql/gql/gql.ts';
import { readFragment, type FragmentType } from '~/graphql/gql/fragment-masking.ts';
import { RunConsole } from '../runs/run-console.tsx';
import { RunFacts } from '../runs/run-facts.tsx';
import { RunRow } from '../runs/run-row.tsx';
import { EmptyState } from '../ui/empty-state.tsx';

export const TaskRuns_RunFragment = graphql(`
  fragment TaskRuns_Run on Run {
    id
    revision
    ...RunRow_Run
    ...RunFacts_Run
  }
`);

/** Every attempt at a task, and the log of one of them. */
export function TaskRuns({ runs: masked }: { runs: readonly FragmentType<typeof TaskRuns_RunFragment>[] }) {
  const runs = readFragment(TaskRuns_RunFragment, masked);
  const [selectedId, setSelectedId] = useState<string | null>(null);
  const selected = runs.find((run) => run.id === selectedId) ?? runs[0];
  if (!selected)
    return (
      <EmptyState
        className="flex-1"
        title="No runs yet"
        text="A run starts when the orchestrator has planned the task and a runner is free."
      />
    );
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <ul aria-label="Runs" className="max-h-44 shrink-0 overflow-y-auto border-b border-line p-1.5 sm:px-3.5">
        {runs.map((run) => (
          <RunRow key={run.id} run={run} isSelected={run.id === selected.id} onSelect={() => setSelectedId(run.id)} />
        ))}
      </ul>
      <RunFacts run={selected} />
      <div className="flex min-h-80 flex-1 flex-col">
        <RunConsole run={selected} />
      </div>
    </div>
  );
}
