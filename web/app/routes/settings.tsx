import type { LoaderFunctionArgs, MetaFunction } from '@remix-run/node';
import { PageError } from '~/components/frame/page-error.tsx';
import { Settings_Query, SettingsPage } from '~/components/settings/settings-page.tsx';
import { queryOnServer } from '~/graphql/server-query.server.ts';
import { skipLoader } from '~/lib/skip-loader.ts';

export const meta: MetaFunction = () => [{ title: 'Settings · OvermindOps' }];

export async function loader(args: LoaderFunctionArgs) {
  const { urql } = await queryOnServer(args, Settings_Query, {});
  return { urql };
}

export const clientLoader = skipLoader;

export default function SettingsRoute() {
  return <SettingsPage />;
}

export function ErrorBoundary() {
  return <PageError isInFrame />;
}
