import type { LoaderFunctionArgs, MetaFunction } from '@remix-run/node';
import { PageError } from '~/components/frame/page-error.tsx';
import { Runners_Query, RunnersPage } from '~/components/runners/runners-page.tsx';
import { queryOnServer } from '~/graphql/server-query.server.ts';
import { skipLoader } from '~/lib/skip-loader.ts';

export const meta: MetaFunction = () => [{ title: 'Runners · OvermindOps' }];

export async function loader(args: LoaderFunctionArgs) {
  const { urql } = await queryOnServer(args, Runners_Query, {});
  return { urql };
}

export const clientLoader = skipLoader;

export default function RunnersRoute() {
  return <RunnersPage />;
}

export function ErrorBoundary() {
  return <PageError isInFrame />;
}
