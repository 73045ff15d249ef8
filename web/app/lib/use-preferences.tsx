import { createContext, useCallback, useContext, useMemo, useState, type ReactNode } from 'react';
import { DEFAULT_PREFERENCES, serializePreferences, type Preferences } from './preferences.ts';

interface PreferencesHandle {
  preferences: Preferences;
  setPreferences(patch: Partial<Preferences>): void;
}

const Context = createContext<PreferencesHandle>({ preferences: DEFAULT_PREFERENCES, setPreferences: () => undefined });

export function PreferencesProvider({ initial, children }: { initial: Preferences; children: ReactNode }) {
  const [preferences, setState] = useState(initial);
  const setPreferences = useCallback((patch: Partial<Preferences>) => {
    setState((current) => {
      const next = { ...current, ...patch };
      document.cookie = serializePreferences(next, location.protocol === 'https:');
      return next;
    });
  }, []);
  const handle = useMemo(() => ({ preferences, setPreferences }), [preferences, setPreferences]);
  return <Context.Provider value={handle}>{children}</Context.Provider>;
}

/** How this person has arranged the pages; a change is remembered at once. */
export function usePreferences(): PreferencesHandle {
  return useContext(Context);
}
