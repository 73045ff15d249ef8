import { Button } from './button.tsx';
import { SkeletonLines } from './skeleton.tsx';

/** In the place of a page of a list that is on its way, or did not come. */
export function PageState({ hasFailed, label, onRetry }: { hasFailed: boolean; label: string; onRetry(): void }) {
  if (!hasFailed)
    return (
      <div className="px-2 py-2">
        <SkeletonLines count={3} label={label} />
      </div>
    );
  return (
    <div role="alert" className="flex flex-col items-start gap-2 px-2 py-3 text-dense text-muted">
      These could not be loaded.
      <Button size="sm" onClick={onRetry}>
        Try again
      </Button>
    </div>
  );
}
