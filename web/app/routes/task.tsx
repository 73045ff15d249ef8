import type { LoaderFunctionArgs, MetaFunction } from '@remix-run/node';
import { useParams } from '@remix-run/react';
import { PageError } from '~/components/frame/page-error.tsx';
import { TaskDetail_Query } from '~/components/tasks/task-detail.tsx';
import { TaskPage } from '~/components/tasks/task-page.tsx';
import { queryOnServer } from '~/graphql/server-query.server.ts';
import { keepLoaded } from '~/lib/keep-loaded.ts';
import { skipLoader } from '~/lib/skip-loader.ts';

export const meta: MetaFunction<typeof loader> = ({ data }) => [
  { title: data ? `${data.title} · OvermindOps` : 'OvermindOps' },
];

export async function loader(args: LoaderFunctionArgs) {
  const { data, urql } = await queryOnServer(args, TaskDetail_Query, { taskId: args.params['taskId'] ?? '' });
  const { task } = data;
  if (!task || task.project.id !== args.params['projectId']) throw new Response(null, { status: 404 });
  return { urql, title: `${task.shortId} ${task.title}` };
}

export const clientLoader = skipLoader;
export const shouldRevalidate = keepLoaded;

export default function TaskRoute() {
  const { projectId = '', taskId = '' } = useParams();
  return <TaskPage key={taskId} projectId={projectId} taskId={taskId} />;
}

export function ErrorBoundary() {
  return <PageError isInFrame />;
}
