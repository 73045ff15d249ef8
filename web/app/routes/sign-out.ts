import { redirect, type ActionFunctionArgs } from '@remix-run/node';
import { signOut } from '~/lib/sign-in.server.ts';

export function loader() {
  return redirect('/sign-in');
}

export async function action({ request, context }: ActionFunctionArgs) {
  return signOut({ request, context });
}
