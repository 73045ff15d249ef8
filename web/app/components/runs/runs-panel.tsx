import { Terminal } from 'lucide-react';
import { useMemo } from 'react';
import { graphql } from '~/graphql/gql/gql.ts';
import { readFragment, type FragmentType } from '~/graphql/gql/fragment-masking.ts';
import { usePreferences } from '~/lib/use-preferences.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { SplitPane } from '../ui/split-pane.tsx';
import { OlderRunConsole, OlderRuns } from './older-runs.tsx';
import { RunConsole } from './run-console.tsx';
import { RunRow } from './run-row.tsx';
import { isLiveRun, isRunning, type RunStatus } from './run-status.tsx';

export const RunsPanel_RunFragment = graphql(`
  fragment RunsPanel_Run on Run {
    id
    revision
    status
    ...RunRow_Run
  }
`);

/** What works first, then what waits, then what is over. */
function rank(status: RunStatus): number {
  return isRunning(status) ? 0 : isLiveRun(status) ? 1 : 2;
}

interface RunsPanelProps {
  projectId: string;
  /** All that work or wait. */
  liveRuns: readonly FragmentType<typeof RunsPanel_RunFragment>[];
  /** The newest. */
  runs: {
    nodes: readonly FragmentType<typeof RunsPanel_RunFragment>[];
    pageInfo: { hasNextPage: boolean; endCursor: string | null };
  };
  selectedId: string | null;
  onSelect(runId: string): void;
}

/** Runs above, the log of the chosen one below. Without a choice it is the newest that works, else the newest. */
export function RunsPanel({ projectId, liveRuns, runs: newest, selectedId, onSelect }: RunsPanelProps) {
  const { preferences, setPreferences } = usePreferences();
  const sorted = useMemo(() => {
    const all = [
      ...readFragment(RunsPanel_RunFragment, liveRuns),
      ...readFragment(RunsPanel_RunFragment, newest.nodes),
    ];
    return [...new Map(all.map((run) => [run.id, run])).values()].sort(
      (a, b) => rank(a.status) - rank(b.status) || (a.id < b.id ? 1 : -1),
    );
  }, [liveRuns, newest.nodes]);
  const standard = sorted.find((run) => run.status !== 'PENDING') ?? sorted[0];
  if (!standard) {
    return (
      <EmptyState
        className="flex-1"
        icon={<Terminal aria-hidden />}
        title="Nothing has run yet"
        text="As soon as a task is planned, its run appears here, and what it writes, line by line."
      />
    );
  }
  const selected = selectedId === null ? standard : sorted.find((run) => run.id === selectedId);
  const shownId = selected?.id ?? selectedId;
  const list = (
    <div className="min-h-0 flex-1 overflow-y-auto overscroll-contain p-1.5">
      <ul aria-label="Runs">
        {sorted.map((run) => (
          <RunRow key={run.id} run={run} isSelected={run.id === shownId} onSelect={() => onSelect(run.id)} />
        ))}
      </ul>
      <OlderRuns pageInfo={newest.pageInfo} projectId={projectId} selectedId={shownId} onSelect={onSelect} />
    </div>
  );
  const console = selected ? <RunConsole run={selected} /> : <OlderRunConsole runId={selectedId} standard={standard} />;
  return (
    <SplitPane
      direction="column"
      className="flex-1"
      shares={[preferences.runsShare, 1 - preferences.runsShare]}
      onSharesChange={([share = 34]) => setPreferences({ runsShare: Math.round(share * 10) / 1_000 })}
      panes={[
        { id: 'runs', label: 'Runs', minPx: 96, children: list },
        { id: 'console', label: 'Console', minPx: 160, children: console },
      ]}
    />
  );
}
