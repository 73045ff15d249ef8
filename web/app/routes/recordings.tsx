import type { LoaderFunctionArgs, MetaFunction } from '@remix-run/node';
import { useParams } from '@remix-run/react';
import { PageError } from '~/components/frame/page-error.tsx';
import { Recordings_Query, RecordingsPage } from '~/components/recordings/recordings-page.tsx';
import { queryOnServer } from '~/graphql/server-query.server.ts';
import { keepLoaded } from '~/lib/keep-loaded.ts';
import { skipLoader } from '~/lib/skip-loader.ts';

export const meta: MetaFunction = () => [{ title: 'Recordings · OvermindOps' }];

export async function loader(args: LoaderFunctionArgs) {
  const variables = { projectId: args.params['projectId'] ?? '', after: null };
  const { urql } = await queryOnServer(args, Recordings_Query, variables);
  return { urql };
}

export const clientLoader = skipLoader;
export const shouldRevalidate = keepLoaded;

export default function RecordingsRoute() {
  const { projectId = '' } = useParams();
  return <RecordingsPage projectId={projectId} />;
}

export function ErrorBoundary() {
  return <PageError isInFrame />;
}
