import { useMatches } from '@remix-run/react';
import type { SSRData } from '@urql/core';
import { useMemo, type ReactNode } from 'react';
import { Provider } from 'urql';
import { pageClient } from '~/graphql/client.ts';
import { Toaster } from '../ui/toaster.tsx';
import { TooltipProvider } from '../ui/tooltip.tsx';

const TOOLTIP_DELAY_MS = 400;

/** What pages behind the sign-in stand on: the cache filled by the loaders, tooltips, toasts. The sign-in page loads none of it. */
export function SignedInProviders({ children }: { children: ReactNode }) {
  const ssrData = useSsrData();
  const client = useMemo(() => pageClient(ssrData), [ssrData]);
  return (
    <Provider value={client}>
      <TooltipProvider delayDuration={TOOLTIP_DELAY_MS}>
        {children}
        <Toaster />
      </TooltipProvider>
    </Provider>
  );
}

/** Answers of all loaders of the page as it was first rendered. Later pages are asked for by the browser itself. */
function useSsrData(): SSRData {
  const matches = useMatches();
  return useMemo(
    () =>
      Object.assign(
        {},
        ...matches.map((match) => (match.data as { urql?: SSRData } | null | undefined)?.urql ?? {}),
      ) as SSRData,
    // eslint-disable-next-line react-hooks/exhaustive-deps -- only the first rendering carries data
    [],
  );
}
