import type { TaskStatus } from '~/lib/task-status.ts';
import { Skeleton } from '../ui/skeleton.tsx';
import { ShortId } from './short-id.tsx';
import { TaskStatusBadge } from './task-status.tsx';

export interface TitledTask {
  shortId: string;
  title: string;
  status: TaskStatus;
  heldBy: string | null;
}

/** The title of a task and where it stands, or their place while they are on their way. */
export function TaskTitle({ task, level: Level }: { task: TitledTask | 'missing' | null; level: 'h1' | 'h2' }) {
  if (task === 'missing') return <Level className="title-wrap text-title font-semibold">No such task</Level>;
  if (!task) return <Skeleton className="h-14 w-72 max-w-full" />;
  return (
    <div className="min-w-0">
      <Level className="title-wrap text-title font-semibold">{task.title}</Level>
      <div className="mt-1.5 flex items-center gap-2">
        <ShortId value={task.shortId} className="text-xs!" />
        <TaskStatusBadge status={task.status} heldBy={task.heldBy} />
      </div>
    </div>
  );
}
