import { useEffect, useState } from 'react';

interface FileText {
  /** Null while it is on its way. */
  text: string | null;
  error: string | null;
  retry(): void;
}

/** The text of a file behind a URL of ours. */
export function useFileText(url: string): FileText {
  const [state, setState] = useState<{ text: string | null; error: string | null }>({ text: null, error: null });
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    const abort = new AbortController();
    setState({ text: null, error: null });
    fetch(url, { credentials: 'same-origin', signal: abort.signal })
      .then(async (response) => {
        if (!response.ok)
          throw new Error(
            response.status === 410 ? 'The file was removed by retention.' : `The server answered ${response.status}.`,
          );
        setState({ text: await response.text(), error: null });
      })
      .catch((error: unknown) => {
        if (!abort.signal.aborted)
          setState({ text: null, error: error instanceof Error ? error.message : String(error) });
      });
    return () => abort.abort();
  }, [url, attempt]);
  return { ...state, retry: () => setAttempt((n) => n + 1) };
}
