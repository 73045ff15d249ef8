import { PageError } from '~/components/frame/page-error.tsx';

export function loader() {
  throw new Response(null, { status: 404 });
}

export default function NotFoundRoute() {
  return null;
}

export function ErrorBoundary() {
  return <PageError isInFrame />;
}
