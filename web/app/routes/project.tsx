import type { LoaderFunctionArgs, MetaFunction } from '@remix-run/node';
import { useParams } from '@remix-run/react';
import { PageError } from '~/components/frame/page-error.tsx';
import { ProjectFrame, ProjectFrame_Query } from '~/components/frame/project-frame.tsx';
import { queryOnServer } from '~/graphql/server-query.server.ts';
import { keepLoaded } from '~/lib/keep-loaded.ts';
import { skipLoader } from '~/lib/skip-loader.ts';

export const meta: MetaFunction<typeof loader> = ({ data }) => [
  { title: data ? `${data.title} · OvermindOps` : 'OvermindOps' },
];

export async function loader(args: LoaderFunctionArgs) {
  const { data, urql } = await queryOnServer(args, ProjectFrame_Query, { projectId: args.params['projectId'] ?? '' });
  if (!data.project) throw new Response(null, { status: 404 });
  return { urql, title: data.project.name };
}

export const clientLoader = skipLoader;
export const shouldRevalidate = keepLoaded;

export default function ProjectRoute() {
  const { projectId = '' } = useParams();
  return <ProjectFrame key={projectId} projectId={projectId} />;
}

export function ErrorBoundary() {
  return <PageError isInFrame />;
}
