import { useEffect } from 'react';

/** Names the browser's tab after what is shown; the server's own title stands until this is known. */
export function useDocumentTitle(...parts: (string | null | undefined)[]): void {
  const title = [...parts.filter(Boolean), 'OvermindOps'].join(' · ');
  useEffect(() => {
    document.title = title;
  }, [title]);
}
