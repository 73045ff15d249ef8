import { useOutletContext, useSearchParams } from '@remix-run/react';
import { useState } from 'react';
import { graphql } from '~/graphql/gql/gql.ts';
import { apiErrorFacts } from '~/graphql/api-error.ts';
import { useLiveQuery } from '~/graphql/use-live-query.ts';
import { useIsPhone } from '~/lib/use-is-phone.ts';
import { BoardSummary } from '../board/board-summary.tsx';
import { Board } from '../board/board.tsx';
import { ChatPanel } from '../chat/chat-panel.tsx';
import type { ProjectOutletContext } from '../frame/project-frame.tsx';
import { isLiveRun, isRunning, type RunStatus } from '../runs/run-status.tsx';
import { RunsPanel } from '../runs/runs-panel.tsx';
import { ErrorState } from '../ui/error-state.tsx';
import { DashboardColumns } from './dashboard-columns.tsx';
import { DashboardSkeleton } from './dashboard-skeleton.tsx';
import { DashboardTabs } from './dashboard-tabs.tsx';

export const Dashboard_Query = graphql(`
  query Dashboard($projectId: ID!) {
    board(projectId: $projectId) {
      id
      status
      liveRun {
        id
        status
      }
      ...Board_Task
    }
    runs(projectId: $projectId, first: 40) {
      nodes {
        id
        status
        ...RunsPanel_Run
      }
    }
    conversations(projectId: $projectId, first: 1) {
      nodes {
        id
        ...ChatPanel_Conversation
      }
    }
  }
`);

export type DashboardPart = 'board' | 'runs' | 'chat';

/** How much of a part is going on. */
export interface PartCount {
  count: number | null;
  /** What is counted, where there is room. */
  words: string | null;
}

/** The board, what runs, and the conversation: side by side, or as tabs on a phone. */
export function Dashboard({ projectId }: { projectId: string }) {
  const { data, error, refetch } = useLiveQuery(Dashboard_Query, { projectId });
  const { openCreateTask } = useOutletContext<ProjectOutletContext>();
  const isPhone = useIsPhone();
  const [params, setParams] = useSearchParams();
  const [selectedRunId, setSelectedRunId] = useState(params.get('run'));

  if (!data)
    return error ? (
      <ErrorState title="The dashboard could not be loaded" message={apiErrorFacts(error).message} onRetry={refetch} />
    ) : (
      <DashboardSkeleton />
    );
  const selectRun = (runId: string): void => {
    setSelectedRunId(runId);
    setParams(
      (current) => {
        current.set('run', runId);
        return current;
      },
      { replace: true, preventScrollReset: true },
    );
  };
  const conversation = data.conversations.nodes[0];
  const parts: Record<DashboardPart, JSX.Element> = {
    board: <Board projectId={projectId} tasks={data.board} isStacked={isPhone} onCreate={openCreateTask} />,
    runs: <RunsPanel runs={data.runs.nodes} selectedId={selectedRunId} onSelect={selectRun} />,
    chat: conversation ? (
      <ChatPanel key={conversation.id} conversation={conversation} />
    ) : (
      <ErrorState title="No conversation" message="This project has no conversation yet." />
    ),
  };
  const live = liveRuns(data);
  const working = live.filter((run) => isRunning(run.status)).length;
  const waiting = live.length - working;
  const counts: Record<DashboardPart, PartCount> = {
    board: {
      count: data.board.filter((task) => task.status !== 'DONE' && task.status !== 'CANCELED').length,
      words: null,
    },
    runs: {
      count: live.length,
      words: [working > 0 ? `${working} running` : null, waiting > 0 ? `${waiting} waiting` : null]
        .filter((part) => part !== null)
        .join(', '),
    },
    chat: { count: null, words: null },
  };
  const summary = <BoardSummary tasks={data.board} />;
  return isPhone ? (
    <DashboardTabs parts={parts} counts={counts} summary={summary} />
  ) : (
    <DashboardColumns parts={parts} counts={counts} summary={summary} />
  );
}

interface LiveRun {
  id: string;
  status: RunStatus;
}

/** Every run that works or waits, once: the list holds the newest only, the board the open tasks only. */
function liveRuns({
  board,
  runs,
}: {
  board: readonly { liveRun: LiveRun | null }[];
  runs: { nodes: readonly LiveRun[] };
}): LiveRun[] {
  const all = [...runs.nodes, ...board.flatMap(({ liveRun }) => (liveRun ? [liveRun] : []))];
  return [...new Map(all.map((run) => [run.id, run])).values()].filter((run) => isLiveRun(run.status));
}
