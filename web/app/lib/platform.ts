import { useEffect, useLayoutEffect, useSyncExternalStore } from 'react';

const never = (): (() => void) => () => undefined;

/** Whether the keyboard has ⌘. The server says no; the page corrects itself once it is alive. */
export function useIsApple(): boolean {
  return useSyncExternalStore(
    never,
    () => /Mac|iPhone|iPad/.test(navigator.userAgent),
    () => false,
  );
}

/** False on the server and during hydration, true after: for what only a browser knows. */
export function useIsHydrated(): boolean {
  return useSyncExternalStore(
    never,
    () => true,
    () => false,
  );
}

/** Follows a media query; the server and the first render take `onServer`. */
export function useMediaQuery(query: string, onServer: boolean): boolean {
  return useSyncExternalStore(
    (listener) => {
      const list = matchMedia(query);
      list.addEventListener('change', listener);
      return () => list.removeEventListener('change', listener);
    },
    () => matchMedia(query).matches,
    () => onServer,
  );
}

/** A layout effect where there is a layout; React complains about one on the server. */
export const useBrowserLayoutEffect = typeof document === 'undefined' ? useEffect : useLayoutEffect;
