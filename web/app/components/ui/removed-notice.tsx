import { Archive } from 'lucide-react';
import { EmptyState } from './empty-state.tsx';
import { RelativeTime } from './time.tsx';

/** In the place of what was there: that retention has removed it, and when. */
export function RemovedNotice({ what, at, text }: { what: string; at: string; text: string }) {
  return (
    <EmptyState
      className="flex-1"
      icon={<Archive aria-hidden />}
      title={`${what} removed by retention`}
      text={
        <>
          {text} Removed <RelativeTime value={at} />, as the project’s settings say.
        </>
      }
    />
  );
}
