import { Link, useParams } from '@remix-run/react';
import { NO_REPOSITORY } from '#contract/waiting.ts';

/** Why a task waits, with the way to what ends it where a person can end it. */
export function WaitingReason({ reason }: { reason: string }) {
  const { projectId } = useParams();
  if (reason !== NO_REPOSITORY || !projectId) return <span>{reason}</span>;
  return (
    <span>
      {reason}{' '}
      <Link
        to={`/projects/${projectId}/settings`}
        className="relative z-10 font-medium text-fg underline underline-offset-2"
      >
        Choose one
      </Link>
    </span>
  );
}
