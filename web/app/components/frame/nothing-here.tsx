import { Link } from '@remix-run/react';
import { buttonClass } from '../ui/button.tsx';
import { EmptyState } from '../ui/empty-state.tsx';

/** For what is missing, or not yours: the answer is the same. */
export function NothingHere() {
  return (
    <main className="grid min-h-0 flex-1 place-items-center">
      <EmptyState
        title="Nothing here"
        text="The address leads nowhere, or to something you may not see. It may also have been removed."
        action={
          <Link to="/projects" className={buttonClass()}>
            All projects
          </Link>
        }
      />
    </main>
  );
}
