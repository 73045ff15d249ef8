import { CircleAlert } from 'lucide-react';
import { Button } from './button.tsx';
import { EmptyState } from './empty-state.tsx';

/** A part of a page that could not be loaded, with the way to try again. */
export function ErrorState({ title, message, onRetry }: { title: string; message: string; onRetry?: () => void }) {
  return (
    <div role="alert">
      <EmptyState
        icon={<CircleAlert aria-hidden className="text-failed" />}
        title={title}
        text={message}
        action={onRetry ? <Button onClick={onRetry}>Try again</Button> : undefined}
      />
    </div>
  );
}
