import { useRouteLoaderData } from '@remix-run/react';
import type { loader } from '~/root.tsx';
import { useMediaQuery } from './platform.ts';

/** Whether there is room for one thing at a time. The server guesses by the kind of browser, so that a phone's page does not rearrange itself. */
export function useIsPhone(): boolean {
  const guess = useRouteLoaderData<typeof loader>('root')?.isPhone ?? false;
  return useMediaQuery('(max-width: 767px)', guess);
}
