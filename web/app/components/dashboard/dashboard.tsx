import { useOutletContext, useSearchParams } from '@remix-run/react';
import { useState } from 'react';
import { graphql } from '~/graphql/gql/gql.ts';
import { apiErrorFacts } from '~/graphql/api-error.ts';
import { useLiveQuery } from '~/graphql/use-live-query.ts';
import type { TaskStatus } from '~/lib/task-status.ts';
import { useIsPhone } from '~/lib/use-is-phone.ts';
import { BoardSummary } from '../board/board-summary.tsx';
import { Board } from '../board/board.tsx';
import { useTaskCounts } from '../board/use-task-counts.ts';
import { ChatPanel } from '../conversations/chat-panel.tsx';
import type { ProjectOutletContext } from '../frame/project-frame.tsx';
import { isLiveRun, isRunning, type RunStatus } from '../runs/run-status.tsx';
import { RunsPanel } from '../runs/runs-panel.tsx';
import { SpendSummary } from '../spend/spend-summary.tsx';
import { ErrorState } from '../ui/error-state.tsx';
import { DashboardColumns } from './dashboard-columns.tsx';
import { DashboardSkeleton } from './dashboard-skeleton.tsx';
import type { DashboardPart, PartCount } from './dashboard-parts.ts';
import { DashboardTabs } from './dashboard-tabs.tsx';

export const Dashboard_Query = graphql(`
  query Dashboard($projectId: ID!) {
    board(projectId: $projectId) {
      status
      tasks {
        nodes {
          id
          revision
          status
          liveRun {
            id
            revision
            status
          }
          ...Board_Task
        }
        pageInfo {
          hasNextPage
          endCursor
        }
      }
    }
    liveRuns: runs(projectId: $projectId, filter: { isLive: true }, first: 100) {
      nodes {
        id
        revision
        status
        ...RunsPanel_Run
      }
      pageInfo {
        hasNextPage
      }
    }
    runs(projectId: $projectId, first: 40) {
      nodes {
        id
        revision
        status
        ...RunsPanel_Run
      }
      pageInfo {
        hasNextPage
        endCursor
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

/** The board, what runs, and the conversation: side by side, or as tabs on a phone. */
export function Dashboard({ projectId }: { projectId: string }) {
  const { data, error, refetch } = useLiveQuery(Dashboard_Query, { projectId });
  const { openCreateTask } = useOutletContext<ProjectOutletContext>();
  const isPhone = useIsPhone();
  const [params, setParams] = useSearchParams();
  const [selectedRunId, setSelectedRunId] = useState(params.get('run'));

  const counts = useTaskCounts(projectId);
  if (!data?.board || !data.liveRuns || !data.runs)
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
  const { board } = data;
  const open = board.flatMap((column) => column.tasks.nodes);
  // Of a column that is shown whole, the cards are counted: what was just moved is where it was moved to.
  const countOf = (status: TaskStatus): number | null => {
    const column = board.find((each) => each.status === status);
    return column && !column.tasks.pageInfo.hasNextPage
      ? open.filter((task) => task.status === status).length
      : (counts[status] ?? null);
  };
  const conversation = data.conversations?.nodes[0];
  const parts: Record<DashboardPart, JSX.Element> = {
    board: (
      <Board projectId={projectId} columns={board} countOf={countOf} isStacked={isPhone} onCreate={openCreateTask} />
    ),
    runs: (
      <>
        <SpendSummary projectId={projectId} />
        <RunsPanel
          projectId={projectId}
          liveRuns={data.liveRuns.nodes}
          runs={data.runs}
          selectedId={selectedRunId}
          onSelect={selectRun}
        />
      </>
    ),
    chat: conversation ? (
      <ChatPanel key={conversation.id} conversation={conversation} />
    ) : (
      <ErrorState title="No conversation" message="This project has no conversation yet." />
    ),
  };
  const live = liveRunsOf([...data.liveRuns.nodes, ...data.runs.nodes, ...open.flatMap((task) => task.liveRun ?? [])]);
  const isCut = data.liveRuns.pageInfo.hasNextPage;
  const working = live.filter((run) => isRunning(run.status)).length;
  const waiting = live.length - working;
  const partCounts: Record<DashboardPart, PartCount> = {
    board: {
      count: board.reduce((sum, { status }) => sum + (countOf(status) ?? 0), 0),
      words: null,
    },
    runs: {
      count: live.length,
      words: [working > 0 ? `${working} running` : null, waiting > 0 ? `${waiting}${isCut ? '+' : ''} waiting` : null]
        .filter((part) => part !== null)
        .join(', '),
    },
    chat: { count: null, words: null },
  };
  const summary = <BoardSummary countOf={countOf} />;
  return isPhone ? (
    <DashboardTabs parts={parts} counts={partCounts} summary={summary} />
  ) : (
    <DashboardColumns parts={parts} counts={partCounts} summary={summary} />
  );
}

interface LiveRun {
  id: string;
  status: RunStatus;
}

/** Every run that works or waits, once: the lists are as old as their answers, the runs in them are live. */
function liveRunsOf(runs: readonly LiveRun[]): LiveRun[] {
  return [...new Map(runs.map((run) => [run.id, run])).values()].filter((run) => isLiveRun(run.status));
}
