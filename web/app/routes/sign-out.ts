import { redirect, type ActionFunctionArgs } from '@remix-run/node';
import { assertSameOrigin } from '~/lib/session.server.ts';
import { signOut } from '~/lib/sign-in.server.ts';

export function loader() {
  return redirect('/sign-in');
}

export async function action({ request, context }: ActionFunctionArgs) {
  assertSameOrigin(request);
  return signOut({ request, context });
}
