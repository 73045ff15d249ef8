import { Skeleton } from '../ui/skeleton.tsx';

/** The title of a task, or its place while it is on its way. */
export function TaskTitle({ task, level: Level }: { task: { title: string } | null; level: 'h1' | 'h2' }) {
  if (!task) return <Skeleton className="h-7 w-72 max-w-full" />;
  return <Level className="title-wrap min-w-0 text-title font-semibold">{task.title}</Level>;
}
