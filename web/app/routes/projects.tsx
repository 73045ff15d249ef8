import type { LoaderFunctionArgs, MetaFunction } from '@remix-run/node';
import { PageError } from '~/components/frame/page-error.tsx';
import { ProjectsPage, Projects_Query } from '~/components/projects/projects-page.tsx';
import { queryOnServer } from '~/graphql/server-query.server.ts';
import { skipLoader } from '~/lib/skip-loader.ts';

export const meta: MetaFunction = () => [{ title: 'Projects · OvermindOps' }];

export async function loader(args: LoaderFunctionArgs) {
  const text = new URL(args.request.url).searchParams.get('q') || null;
  const { urql } = await queryOnServer(args, Projects_Query, { text, after: null });
  return { urql };
}

export const clientLoader = skipLoader;

export default function ProjectsRoute() {
  return <ProjectsPage />;
}

export function ErrorBoundary() {
  return <PageError isInFrame />;
}
