import { Unplug } from 'lucide-react';
import { RelativeTime } from '../ui/time.tsx';

/** A run whose runner can not be heard may still be working: that is said, not guessed. */
export function RunConnectionNote({
  runner,
  isShort = false,
}: {
  runner: { name: string; connection: string; lastSeenAt?: string | null } | null | undefined;
  isShort?: boolean;
}) {
  if (!runner || runner.connection === 'ONLINE') return null;
  return (
    <span className="mt-0.5 flex min-w-0 items-center gap-1.5 text-xs text-blocked">
      <Unplug aria-hidden className="size-3 shrink-0" />
      <span className={isShort ? 'truncate' : undefined} title={isShort ? `No word from ${runner.name}` : undefined}>
        {isShort ? 'No word' : `No word from ${runner.name}`}
        {runner.lastSeenAt ? (
          <>
            {', last heard '}
            <RelativeTime value={runner.lastSeenAt} />
          </>
        ) : null}
      </span>
    </span>
  );
}
