import { useEffect, useState } from 'react';

const PREFIX = 'ovm_draft ';

/** Text that is being written, kept in this tab until it is sent: a reload or an ended session does not lose it. */
export function useDraft(key: string): [string, (text: string) => void] {
  const [text, setText] = useState('');
  // The tab's storage is known in the browser only; the first rendering is that of the server.
  useEffect(() => setText(sessionStorage.getItem(PREFIX + key) ?? ''), [key]);
  return [
    text,
    (next) => {
      setText(next);
      if (next === '') sessionStorage.removeItem(PREFIX + key);
      else sessionStorage.setItem(PREFIX + key, next);
    },
  ];
}
