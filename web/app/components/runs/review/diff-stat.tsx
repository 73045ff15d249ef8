const EXACT = new Intl.NumberFormat('en');
const SHORT = new Intl.NumberFormat('en', { notation: 'compact' });

/** Lines added and taken away. */
export function DiffStat({
  additions,
  deletions,
  className,
  isShort = false,
}: {
  additions: number;
  deletions: number;
  className?: string;
  /** 1.1M, where there is little room. */
  isShort?: boolean;
}) {
  const words = isShort ? SHORT : EXACT;
  return (
    <span className={`tabular inline-flex items-center gap-1 font-mono text-2xs ${className ?? ''}`}>
      <span className="text-done">
        <span className="sr-only">Lines added: </span>+{words.format(additions)}
      </span>
      <span className="text-failed">
        <span className="sr-only">Lines removed: </span>−{words.format(deletions)}
      </span>
    </span>
  );
}
