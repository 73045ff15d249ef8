import type { LoaderFunctionArgs } from '@remix-run/node';
import { Outlet } from '@remix-run/react';
import { useQuery } from 'urql';
import { Frame } from '~/components/frame/frame.tsx';
import { PageError } from '~/components/frame/page-error.tsx';
import { SignedInProviders } from '~/components/frame/signed-in-providers.tsx';
import { graphql } from '~/graphql/gql/gql.ts';
import { queryOnServer, redirectToSignIn } from '~/graphql/server-query.server.ts';
import { keepLoaded } from '~/lib/keep-loaded.ts';

const Frame_Query = graphql(`
  query Frame {
    viewer {
      id
      email
      isAdmin
    }
  }
`);

export async function loader(args: LoaderFunctionArgs) {
  const { data, urql } = await queryOnServer(args, Frame_Query, {});
  if (!data.viewer) throw redirectToSignIn(args);
  return { urql };
}

export const shouldRevalidate = keepLoaded;

export default function FrameRoute() {
  return (
    <SignedInProviders>
      <FramedPage />
    </SignedInProviders>
  );
}

function FramedPage() {
  const [{ data }] = useQuery({ query: Frame_Query });
  return (
    <Frame viewer={data?.viewer ?? { email: '' }}>
      <Outlet />
    </Frame>
  );
}

export function ErrorBoundary() {
  return <PageError />;
}
