import type { LoaderFunctionArgs } from '@remix-run/node';
import { useParams, useSearchParams } from '@remix-run/react';
import { lazy, Suspense, useEffect } from 'react';
import { Dashboard, Dashboard_Query } from '~/components/dashboard/dashboard.tsx';
import { PageError } from '~/components/frame/page-error.tsx';
import { queryOnServer } from '~/graphql/server-query.server.ts';
import { keepLoaded } from '~/lib/keep-loaded.ts';
import { useIsHydrated } from '~/lib/platform.ts';
import { skipLoader } from '~/lib/skip-loader.ts';

const PREFETCH_AFTER_MS = 1_500;
const loadTaskSheet = () => import('~/components/tasks/task-sheet.tsx');
const TaskSheet = lazy(loadTaskSheet);

export async function loader(args: LoaderFunctionArgs) {
  const { urql } = await queryOnServer(args, Dashboard_Query, { projectId: args.params['projectId'] ?? '' });
  return { urql };
}

export const clientLoader = skipLoader;
export const shouldRevalidate = keepLoaded;

export default function DashboardRoute() {
  const { projectId = '' } = useParams();
  const hasTask = useSearchParams()[0].has('task');
  // It lies over the page, which the server has no part of: there is nothing to hydrate, and what has not come yet is
  // in nobody's way.
  const isHydrated = useIsHydrated();
  // Fetched when the page has come to rest, so that the first click shows the sheet at once.
  useEffect(() => {
    const timer = setTimeout(() => void loadTaskSheet(), PREFETCH_AFTER_MS);
    return () => clearTimeout(timer);
  }, []);
  return (
    <>
      <Dashboard projectId={projectId} />
      {hasTask && isHydrated ? (
        <Suspense>
          <TaskSheet projectId={projectId} />
        </Suspense>
      ) : null}
    </>
  );
}

export function ErrorBoundary() {
  return <PageError isInFrame />;
}
