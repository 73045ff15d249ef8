import { useEffect, useRef, useState, type ReactNode } from 'react';

/** Shows about six lines of what can be long, with a button for the rest. */
export function Clamped({ isShort, children }: { isShort: boolean; children: ReactNode }) {
  const body = useRef<HTMLDivElement>(null);
  const [isOpen, setOpen] = useState(false);
  const [isCut, setCut] = useState(false);
  // Only the layout knows how many lines a text takes in this width.
  useEffect(() => {
    const element = body.current;
    if (!element || isShort || isOpen) return;
    const observer = new ResizeObserver(() => setCut(element.scrollHeight > element.clientHeight + 2));
    observer.observe(element);
    return () => observer.disconnect();
  }, [isShort, isOpen]);
  if (isShort) return <>{children}</>;
  return (
    <>
      <div ref={body} className={isOpen ? undefined : 'max-h-31 overflow-hidden'}>
        {children}
      </div>
      {isCut ? (
        <button
          type="button"
          aria-expanded={isOpen}
          onClick={() => setOpen(!isOpen)}
          className="touch-target mt-1 text-xs font-medium text-accent-text hover:underline"
        >
          {isOpen ? 'Show less' : 'Show more'}
        </button>
      ) : null}
    </>
  );
}
