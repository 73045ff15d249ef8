import { Notice } from '../ui/notice.tsx';

/** Stands above what was known when the server last answered. */
export function OutOfDateNotice() {
  return (
    <Notice kind="warning" role="status" className="mb-4">
      The server does not answer. What is shown may be out of date.
    </Notice>
  );
}
