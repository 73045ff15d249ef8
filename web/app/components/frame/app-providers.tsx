import { useMatches, useRouteLoaderData } from '@remix-run/react';
import type { SSRData } from '@urql/core';
import { useEffect, useMemo, type ReactNode } from 'react';
import { Provider } from 'urql';
import { pageClient } from '~/graphql/client.ts';
import { ClockProvider } from '~/lib/clock.tsx';
import { DEFAULT_PREFERENCES } from '~/lib/preferences.ts';
import { PreferencesProvider, usePreferences } from '~/lib/use-preferences.tsx';
import type { loader } from '~/root.tsx';
import { Toaster } from '../ui/toaster.tsx';
import { TooltipProvider } from '../ui/tooltip.tsx';

const TOOLTIP_DELAY_MS = 400;

/** What every page stands on: the cache filled by the loaders, the clock, the person's arrangements. */
export function AppProviders({ children }: { children: ReactNode }) {
  const { preferences, renderedAt } = useRouteLoaderData<typeof loader>('root') ?? { preferences: DEFAULT_PREFERENCES, renderedAt: 0 };
  const ssrData = useSsrData();
  const client = useMemo(() => pageClient(ssrData), [ssrData]);
  return (
    <PreferencesProvider initial={preferences}>
      <ClockProvider renderedAt={renderedAt} timeZone={preferences.timeZone ?? 'UTC'}>
        <Provider value={client}>
          <TooltipProvider delayDuration={TOOLTIP_DELAY_MS}>
            {children}
            <Toaster />
            <PageSettings />
          </TooltipProvider>
        </Provider>
      </ClockProvider>
    </PreferencesProvider>
  );
}

/** Answers of all loaders of the page as it was first rendered. Later pages are asked for by the browser itself. */
function useSsrData(): SSRData {
  const matches = useMatches();
  return useMemo(
    () => Object.assign({}, ...matches.map((match) => (match.data as { urql?: SSRData } | null | undefined)?.urql ?? {})) as SSRData,
    // eslint-disable-next-line react-hooks/exhaustive-deps -- only the first rendering carries data
    [],
  );
}

/** Keeps the document in step with the arrangements, and tells the server the time zone for the next page. */
function PageSettings() {
  const { preferences, setPreferences } = usePreferences();
  const { theme, timeZone } = preferences;
  useEffect(() => {
    if (theme === 'system') delete document.documentElement.dataset['theme'];
    else document.documentElement.dataset['theme'] = theme;
  }, [theme]);
  useEffect(() => {
    const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
    if (here !== timeZone) setPreferences({ timeZone: here });
  }, [timeZone, setPreferences]);
  return null;
}
