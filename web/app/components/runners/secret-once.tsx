import { Check, Copy } from 'lucide-react';
import { useState } from 'react';
import { Button } from '../ui/button.tsx';
import { Notice } from '../ui/notice.tsx';

const COPIED_MS = 2_000;

/** A token in the one moment in which it can be seen. */
export function SecretOnce({ secret, text }: { secret: string; text: string }) {
  const [isCopied, setCopied] = useState(false);
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(secret);
    setCopied(true);
    setTimeout(() => setCopied(false), COPIED_MS);
  };
  return (
    <div className="flex flex-col gap-3">
      <Notice kind="warning">{text}</Notice>
      <div className="flex items-center gap-2">
        <code className="min-w-0 flex-1 select-all rounded-control bg-sunken px-3 py-2 font-mono text-xs wrap-anywhere">
          {secret}
        </code>
        {/* Not there without TLS, except on this very machine: then it is marked and copied by hand. */}
        {typeof navigator !== 'undefined' && 'clipboard' in navigator ? (
          <Button onClick={() => void copy()}>
            {isCopied ? <Check aria-hidden className="size-3.5" /> : <Copy aria-hidden className="size-3.5" />}
            {isCopied ? 'Copied' : 'Copy'}
          </Button>
        ) : null}
      </div>
    </div>
  );
}
