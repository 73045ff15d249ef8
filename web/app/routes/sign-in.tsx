import { redirect, type ActionFunctionArgs, type LoaderFunctionArgs, type MetaFunction } from '@remix-run/node';
import { useActionData, useLoaderData } from '@remix-run/react';
import { PageError } from '~/components/frame/page-error.tsx';
import { SignInForm } from '~/components/sign-in/sign-in-form.tsx';
import { hasLiveSession, signIn } from '~/lib/sign-in.server.ts';
import { ownHostAddress, safeNextPath } from '~/lib/session.server.ts';

export const meta: MetaFunction = () => [{ title: 'Sign in · OvermindOps' }];

export async function loader({ request, context }: LoaderFunctionArgs) {
  const { searchParams } = new URL(request.url);
  const next = safeNextPath(searchParams.get('next'));
  if (await hasLiveSession({ request, context })) return redirect(next);
  return { next, isExpired: searchParams.has('expired'), ownHost: ownHostAddress(request.url) };
}

export async function action({ request, context }: ActionFunctionArgs) {
  return signIn({ request, context }, await request.formData());
}

export default function SignInPage() {
  const loaded = useLoaderData<typeof loader>();
  const refused = useActionData<typeof action>() ?? null;
  return (
    <SignInForm
      next={refused?.next ?? loaded.next}
      isExpired={loaded.isExpired}
      ownHost={loaded.ownHost}
      refused={refused}
    />
  );
}

export function ErrorBoundary() {
  return <PageError />;
}
