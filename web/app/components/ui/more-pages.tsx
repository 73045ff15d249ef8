import { useState, type ReactNode } from 'react';
import { Button } from './button.tsx';

interface MorePagesProps {
  /** Of the page before it. */
  pageInfo: { hasNextPage: boolean; endCursor: string | null };
  label: string;
  className?: string;
  /** Called when somebody asks for more. */
  onOpen?: () => void;
  /** Shows the page behind a cursor, and offers the next. */
  children(after: string): ReactNode;
}

/** What is behind a page of a list, shown when somebody asks for it. */
export function MorePages({ pageInfo, label, className = '', onOpen, children }: MorePagesProps) {
  const [isOpen, setOpen] = useState(false);
  if (!pageInfo.hasNextPage || pageInfo.endCursor === null) return null;
  if (isOpen) return children(pageInfo.endCursor);
  const open = (): void => {
    onOpen?.();
    setOpen(true);
  };
  return (
    <div className={`flex justify-center py-2 ${className}`}>
      <Button size="sm" onClick={open}>
        {label}
      </Button>
    </div>
  );
}
