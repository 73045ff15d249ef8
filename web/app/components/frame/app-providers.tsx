import { useEffect, type ReactNode } from 'react';
import { ClockProvider } from '~/lib/clock.tsx';
import type { Preferences } from '~/lib/preferences.ts';
import { PreferencesProvider, usePreferences } from '~/lib/use-preferences.tsx';

/** What every page stands on: the clock, and the person's arrangements. */
export function AppProviders({
  preferences,
  renderedAt,
  children,
}: {
  preferences: Preferences;
  /** By the server's clock. */
  renderedAt: number;
  children: ReactNode;
}) {
  return (
    <PreferencesProvider initial={preferences}>
      <ClockProvider renderedAt={renderedAt} timeZone={preferences.timeZone ?? 'UTC'}>
        {children}
        <PageSettings />
      </ClockProvider>
    </PreferencesProvider>
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
