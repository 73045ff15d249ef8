import { Link } from '@remix-run/react';
import { ArrowLeft } from 'lucide-react';
import { useDocumentTitle } from '~/lib/use-document-title.ts';
import { TaskDetail } from './task-detail.tsx';
import { TaskTitle, type TitledTask } from './task-title.tsx';

/** A task by its own address: room for its changes. */
export function TaskPage({ projectId, taskId }: { projectId: string; taskId: string }) {
  return (
    <main className="flex min-h-0 flex-1 flex-col">
      <TaskDetail
        taskId={taskId}
        isSheet={false}
        back={`/projects/${projectId}`}
        header={(task) => <Header projectId={projectId} task={task} />}
      />
    </main>
  );
}

function Header({ projectId, task }: { projectId: string; task: TitledTask | 'missing' | null }) {
  useDocumentTitle(task === 'missing' ? 'No such task' : task && `${task.shortId} ${task.title}`);
  return (
    <header className="shrink-0 px-4 pb-2 pt-4 sm:px-6">
      <Link
        to={`/projects/${projectId}`}
        className="mb-1 inline-flex items-center gap-1 text-dense text-muted hover:text-fg"
      >
        <ArrowLeft aria-hidden className="size-3.5" />
        Dashboard
      </Link>
      <TaskTitle task={task} level="h1" />
    </header>
  );
}
