import { useNavigation } from '@remix-run/react';

/** A thin line while a page that is not here yet is fetched. It waits before it shows: most pages are there at once. */
export function RouteProgress() {
  const { state } = useNavigation();
  if (state === 'idle') return null;
  return (
    <div
      role="progressbar"
      aria-label="Loading page"
      className="fixed inset-x-0 top-0 z-60 h-0.5 animate-fade-in overflow-hidden [animation-delay:250ms] [animation-fill-mode:backwards]"
    >
      <div className="h-full w-1/3 animate-breathe bg-accent" />
    </div>
  );
}
