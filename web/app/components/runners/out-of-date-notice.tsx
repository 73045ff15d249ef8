import { Notice } from '../ui/notice.tsx';

/** Stands above what the server last told. */
export function OutOfDateNotice() {
  return (
    <Notice kind="warning" role="status" className="mb-4">
      This page could not be refreshed. What it shows may be out of date.
    </Notice>
  );
}
