import { clsx } from 'clsx';
import { useConnection, type ConnectionPhase } from '~/graphql/connection.ts';
import { Tooltip } from '../ui/tooltip.tsx';

const LOOKS: Record<ConnectionPhase, { word: string; text: string; className: string }> = {
  idle: { word: 'Connecting', text: 'Connecting to live updates', className: 'bg-canceled' },
  connecting: { word: 'Connecting', text: 'Connecting to live updates', className: 'bg-canceled' },
  online: { word: 'Live', text: 'Live: changes appear as they happen', className: 'bg-done' },
  reconnecting: {
    word: 'Reconnecting',
    text: 'Connection lost, trying again. Nothing is missed.',
    className: 'bg-blocked animate-breathe',
  },
  offline: {
    word: 'Offline',
    text: 'This device is offline. What you see may be out of date.',
    className: 'bg-failed',
  },
};

/** How live this page is, at a glance. */
export function ConnectionDot() {
  const { word, text, className } = LOOKS[useConnection().phase];
  return (
    <Tooltip text={text}>
      <span role="status" className="flex h-8 items-center gap-1.5 rounded-control px-1.5 text-xs text-muted">
        <span aria-hidden className={clsx('size-2 rounded-full', className)} />
        <span className="max-lg:sr-only">{word}</span>
      </span>
    </Tooltip>
  );
}
