import { CloudOff } from 'lucide-react';
import { useConnection } from '~/graphql/connection.ts';
import { useNow } from '~/lib/clock.tsx';

/** A connection that is back within this time is not worth a word. */
const PATIENCE_MS = 3_000;

/** Says that the page is not live; it lies over the page, so that nothing moves when it comes and goes. */
export function ConnectionBanner() {
  const { phase, sinceMs } = useConnection();
  if (phase !== 'reconnecting' && phase !== 'offline') return null;
  return <Lost isOffline={phase === 'offline'} sinceMs={sinceMs} />;
}

function Lost({ isOffline, sinceMs }: { isOffline: boolean; sinceMs: number }) {
  const now = useNow(true);
  if (now - sinceMs < PATIENCE_MS) return null;
  return (
    <div role="status" className="pointer-events-none absolute inset-x-0 top-2 z-20 flex justify-center px-3">
      <p className="flex animate-rise-in items-center gap-2 rounded-full bg-overlay px-3 py-1.5 text-dense shadow-overlay">
        <CloudOff aria-hidden className="size-3.5 text-blocked" />
        {isOffline
          ? 'You are offline. Changes appear once you are back.'
          : 'Connection lost. Trying again; nothing is missed.'}
      </p>
    </div>
  );
}
