import type { LoaderFunctionArgs } from '@remix-run/node';
import { useParams } from '@remix-run/react';
import { Dashboard, Dashboard_Query } from '~/components/dashboard/dashboard.tsx';
import { PageError } from '~/components/frame/page-error.tsx';
import { TaskSheet } from '~/components/tasks/task-sheet.tsx';
import { queryOnServer } from '~/graphql/server-query.server.ts';
import { keepLoaded } from '~/lib/keep-loaded.ts';
import { skipLoader } from '~/lib/skip-loader.ts';

export async function loader(args: LoaderFunctionArgs) {
  const { urql } = await queryOnServer(args, Dashboard_Query, { projectId: args.params['projectId'] ?? '' });
  return { urql };
}

export const clientLoader = skipLoader;
export const shouldRevalidate = keepLoaded;

export default function DashboardRoute() {
  const { projectId = '' } = useParams();
  return (
    <>
      <Dashboard projectId={projectId} />
      <TaskSheet projectId={projectId} />
    </>
  );
}

export function ErrorBoundary() {
  return <PageError isInFrame />;
}
