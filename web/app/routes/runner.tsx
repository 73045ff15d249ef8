import type { LoaderFunctionArgs, MetaFunction } from '@remix-run/node';
import { useParams } from '@remix-run/react';
import { PageError } from '~/components/frame/page-error.tsx';
import { Runner_Query, RunnerPage } from '~/components/runners/runner-page.tsx';
import { queryOnServer } from '~/graphql/server-query.server.ts';
import { skipLoader } from '~/lib/skip-loader.ts';

export const meta: MetaFunction = () => [{ title: 'Runner · OvermindOps' }];

export async function loader(args: LoaderFunctionArgs) {
  const { data, urql } = await queryOnServer(args, Runner_Query, { id: args.params['runnerId'] ?? '' });
  if (!data.runner) throw new Response(null, { status: 404 });
  return { urql };
}

export const clientLoader = skipLoader;

export default function RunnerRoute() {
  const { runnerId = '' } = useParams();
  return <RunnerPage key={runnerId} runnerId={runnerId} />;
}

export function ErrorBoundary() {
  return <PageError isInFrame />;
}
