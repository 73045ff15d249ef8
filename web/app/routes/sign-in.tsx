import { redirect, type ActionFunctionArgs, type LoaderFunctionArgs, type MetaFunction } from '@remix-run/node';
import { useActionData, useLoaderData } from '@remix-run/react';
import { PageError } from '~/components/frame/page-error.tsx';
import { SignInForm } from '~/components/sign-in/sign-in-form.tsx';
import { signIn } from '~/lib/sign-in.server.ts';
import { assertSameOrigin, readSessionToken, safeNextPath } from '~/lib/session.server.ts';

export const meta: MetaFunction = () => [{ title: 'Sign in · OvermindOps' }];

export function loader({ request }: LoaderFunctionArgs) {
  const { searchParams } = new URL(request.url);
  const isExpired = searchParams.has('expired');
  // Whoever comes here with a session that still works is sent on; a dead one ends in `expired` and stays.
  if (!isExpired && !searchParams.has('next') && readSessionToken(request.headers.get('cookie'))) return redirect('/projects');
  return { next: safeNextPath(searchParams.get('next')), isExpired };
}

export async function action({ request, context }: ActionFunctionArgs) {
  assertSameOrigin(request);
  return signIn({ request, context }, await request.formData());
}

export default function SignInPage() {
  const loaded = useLoaderData<typeof loader>();
  const refused = useActionData<typeof action>() ?? null;
  return <SignInForm next={refused?.next ?? loaded.next} isExpired={loaded.isExpired} refused={refused} />;
}

export function ErrorBoundary() {
  return <PageError />;
}
