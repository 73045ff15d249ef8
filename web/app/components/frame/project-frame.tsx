import { Outlet, useNavigate } from '@remix-run/react';
import { lazy, Suspense, useEffect, useState } from 'react';
import { useClient } from 'urql';
import { graphql } from '~/graphql/gql/gql.ts';
import { followProject } from '~/graphql/follow-project.ts';
import { announceResync } from '~/graphql/resync.ts';
import { useLiveQuery } from '~/graphql/use-live-query.ts';
import { apiErrorFacts } from '~/graphql/api-error.ts';
import { useShortcuts } from '~/lib/shortcuts.ts';
import { CreateTaskDialog } from '../tasks/create-task-dialog.tsx';
import { TaskMovesProvider } from '../tasks/task-moves.tsx';
import { ErrorState } from '../ui/error-state.tsx';
import { Skeleton } from '../ui/skeleton.tsx';
import { visibleText } from '~/lib/visible-text.ts';
import { showToast } from '../ui/toast-store.ts';
import { AgentPauses } from './agent-pauses.tsx';
import { ConnectionBanner } from './connection-banner.tsx';
import { NothingHere } from './nothing-here.tsx';
import { ProjectRights } from './project-rights.tsx';
import { TopBar } from './top-bar.tsx';

const CommandPalette = lazy(() => import('./command-palette.tsx'));

export const ProjectFrame_Query = graphql(`
  query ProjectFrame($projectId: ID!) {
    project(id: $projectId) {
      id
      revision
      name
      description
      status
      viewerRights {
        permission
        refusal
      }
      stateVersion
      eventCursor
      defaultRepoPath
      agents(first: 100) {
        nodes {
          id
          revision
          name
          isEnabled
          ...AgentPauses_Agent
        }
      }
    }
    orchestratorCycles(projectId: $projectId, first: 1) {
      nodes {
        id
        createdAt
        ...OrchestratorButton_Cycle
      }
    }
    projects(first: 50) {
      nodes {
        id
        revision
        name
      }
    }
  }
`);

/** What the pages of a project share: its top bar, its one subscription, what can be opened from anywhere. */
export function ProjectFrame({ projectId }: { projectId: string }) {
  const { data, error, refetch } = useLiveQuery(ProjectFrame_Query, { projectId });
  const navigate = useNavigate();
  const client = useClient();
  const [isCreating, setCreating] = useState(false);
  const [isPaletteOpen, setPaletteOpen] = useState(false);
  const cursor = data?.project?.id === projectId ? data.project.eventCursor : null;
  const isReady = cursor !== null;

  // Follows from the cursor of the first answer; later ones do not start it again.
  useEffect(() => {
    if (cursor === null) return;
    const onDeleted = (): void => {
      showToast({ kind: 'info', text: 'This project was deleted' });
      navigate('/projects', { replace: true });
    };
    // It stands on its card, which may not be in sight; and a toast is read out.
    const onAsked = (title: string): void => showToast({ kind: 'info', text: `An agent asks: ${visibleText(title)}` });
    return followProject(client, { projectId, cursor, onResync: announceResync, onDeleted, onAsked });
    // eslint-disable-next-line react-hooks/exhaustive-deps -- the cursor counts once
  }, [client, projectId, isReady]);

  const refusal = data?.project?.viewerRights.find(({ permission }) => permission === 'TASK_WRITE')?.refusal ?? null;
  const createTask = (): void => {
    if (refusal === null) setCreating(true);
    else showToast({ kind: 'error', text: refusal });
  };
  useShortcuts([
    { keys: 'c', label: 'New task', run: createTask },
    { keys: 'mod+k', label: 'Search and commands', run: () => setPaletteOpen(true), isInFields: true },
    { keys: 'g d', label: 'Go to the dashboard', run: () => navigate(`/projects/${projectId}`) },
    { keys: 'g v', label: 'Go to the recordings', run: () => navigate(`/projects/${projectId}/recordings`) },
    { keys: 'g s', label: 'Go to the state document', run: () => navigate(`/projects/${projectId}/state`) },
    { keys: 'g e', label: 'Go to the project’s settings', run: () => navigate(`/projects/${projectId}/settings`) },
  ]);

  if (data && !data.project) return <NothingHere />;
  if (!data?.project)
    return error ? (
      <ErrorState title="The project could not be loaded" message={apiErrorFacts(error).message} onRetry={refetch} />
    ) : (
      <FrameSkeleton />
    );
  const cycles = [...(data.orchestratorCycles?.nodes ?? [])].sort((a, b) => (a.id < b.id ? 1 : -1));
  return (
    <ProjectRights rights={data.project.viewerRights}>
      <TaskMovesProvider>
        <TopBar
          project={data.project}
          projects={data.projects?.nodes ?? []}
          cycle={cycles[0] ?? null}
          onCreateTask={createTask}
          onSearch={() => setPaletteOpen(true)}
        />
        <div className="relative flex min-h-0 flex-1 flex-col">
          <ConnectionBanner />
          <AgentPauses agents={data.project.agents.nodes} />
          <Outlet context={{ openCreateTask: createTask } satisfies ProjectOutletContext} />
        </div>
        <CreateTaskDialog
          isOpen={isCreating}
          onOpenChange={setCreating}
          projectId={projectId}
          agents={data.project.agents.nodes}
        />
        {isPaletteOpen ? (
          <Suspense>
            <CommandPalette
              projectId={projectId}
              projects={data.projects?.nodes ?? []}
              onClose={() => setPaletteOpen(false)}
              onCreateTask={createTask}
            />
          </Suspense>
        ) : null}
      </TaskMovesProvider>
    </ProjectRights>
  );
}

export interface ProjectOutletContext {
  openCreateTask(): void;
}

function FrameSkeleton() {
  return (
    <div role="status" aria-label="Loading the project" className="flex flex-1 flex-col">
      <div className="flex h-12 items-center gap-3 border-b border-line px-4">
        <Skeleton className="h-5 w-40" />
        <Skeleton className="ml-auto h-8 w-40" />
        <Skeleton className="h-8 w-24" />
      </div>
    </div>
  );
}
