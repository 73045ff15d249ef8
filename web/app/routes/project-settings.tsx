import type { LoaderFunctionArgs, MetaFunction } from '@remix-run/node';
import { useParams } from '@remix-run/react';
import { PageError } from '~/components/frame/page-error.tsx';
import { ProjectSettings_Query, ProjectSettingsPage } from '~/components/settings/project-settings-page.tsx';
import { queryOnServer } from '~/graphql/server-query.server.ts';
import { keepLoaded } from '~/lib/keep-loaded.ts';
import { skipLoader } from '~/lib/skip-loader.ts';

export const meta: MetaFunction = () => [{ title: 'Project settings · OvermindOps' }];

export async function loader(args: LoaderFunctionArgs) {
  const { urql } = await queryOnServer(args, ProjectSettings_Query, { projectId: args.params['projectId'] ?? '' });
  return { urql };
}

export const clientLoader = skipLoader;
export const shouldRevalidate = keepLoaded;

export default function ProjectSettingsRoute() {
  const { projectId = '' } = useParams();
  return <ProjectSettingsPage projectId={projectId} />;
}

export function ErrorBoundary() {
  return <PageError isInFrame />;
}
