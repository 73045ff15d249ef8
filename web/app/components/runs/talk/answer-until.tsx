import { useNow, useTimeZone } from '~/lib/clock.tsx';
import { untilText } from '~/lib/time-text.ts';

/** Until when a question can be answered, and what happens then. */
export function AnswerUntil({ expiresAt, whenUnanswered }: { expiresAt: string; whenUnanswered: string }) {
  const now = useNow();
  const timeZone = useTimeZone();
  const then = whenUnanswered === 'DENY' ? 'denied' : 'allowed';
  return (
    <span className="text-muted">
      Waits {untilText(Date.parse(expiresAt), now, timeZone)}, then it is {then}.
    </span>
  );
}
