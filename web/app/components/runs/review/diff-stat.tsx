/** Lines added and taken away. */
export function DiffStat({
  additions,
  deletions,
  className,
}: {
  additions: number;
  deletions: number;
  className?: string;
}) {
  return (
    <span className={`tabular inline-flex items-center gap-1 font-mono text-2xs ${className ?? ''}`}>
      <span className="text-done">
        <span className="sr-only">Lines added: </span>+{additions.toLocaleString('en')}
      </span>
      <span className="text-failed">
        <span className="sr-only">Lines removed: </span>−{deletions.toLocaleString('en')}
      </span>
    </span>
  );
}
