import type { LoaderFunctionArgs, MetaFunction } from '@remix-run/node';
import { useParams } from '@remix-run/react';
import { PageError } from '~/components/frame/page-error.tsx';
import { State_Query, StatePage } from '~/components/state/state-page.tsx';
import { queryOnServer } from '~/graphql/server-query.server.ts';
import { keepLoaded } from '~/lib/keep-loaded.ts';
import { skipLoader } from '~/lib/skip-loader.ts';

export const meta: MetaFunction = () => [{ title: 'State document · OvermindOps' }];

export async function loader(args: LoaderFunctionArgs) {
  const { urql } = await queryOnServer(args, State_Query, { projectId: args.params['projectId'] ?? '' });
  return { urql };
}

export const clientLoader = skipLoader;
export const shouldRevalidate = keepLoaded;

export default function StateRoute() {
  const { projectId = '' } = useParams();
  return <StatePage projectId={projectId} />;
}

export function ErrorBoundary() {
  return <PageError isInFrame />;
}
