import { GitBranch, Server } from 'lucide-react';
import { RelativeTime } from '../ui/time.tsx';

export interface RepositoryLike {
  path: string;
  runnerName?: string;
  isOnline?: boolean;
  facts: {
    branch: string | null;
    lastCommitAt: string | null;
    lastCommitSubject: string | null;
    isBare: boolean;
    worktreeOf: string | null;
  } | null;
}

/** What a repository is known by: its name, where it lies, its branch and last commit, and whose it is. */
export function RepositoryRow({ path, facts, runnerName, isOnline = true }: RepositoryLike) {
  const cut = path.lastIndexOf('/');
  return (
    <span className="block min-w-0 text-left">
      <span className="flex min-w-0 items-baseline gap-2">
        <span className="shrink-0 max-w-full truncate font-medium">{path.slice(cut + 1)}</span>
        <span className="min-w-0 truncate font-mono text-xs text-faint" dir="rtl" title={path}>
          <bdi>{path.slice(0, cut) || '/'}</bdi>
        </span>
      </span>
      <span className="flex min-w-0 items-center gap-3 text-xs text-muted">
        {runnerName ? (
          <span className="flex shrink-0 items-center gap-1">
            <Server aria-hidden className="size-3 text-faint" />
            {runnerName}
            {isOnline ? '' : ' (not online)'}
          </span>
        ) : null}
        {facts?.branch ? (
          <span className="flex max-w-40 shrink-0 items-center gap-1">
            <GitBranch aria-hidden className="size-3 shrink-0 text-faint" />
            <span className="truncate">{facts.branch}</span>
          </span>
        ) : null}
        <span className="min-w-0 truncate">{whyUnusable(facts) ?? facts?.lastCommitSubject ?? ''}</span>
        {facts?.lastCommitAt ? (
          <RelativeTime value={facts.lastCommitAt} className="ml-auto shrink-0 text-faint" />
        ) : null}
      </span>
    </span>
  );
}

/** Why no agent can work in it; null: it can. */
export function whyUnusable(facts: RepositoryLike['facts']): string | null {
  if (!facts) return 'Not told of by its runner';
  if (facts.isBare) return 'Bare: no files to work on';
  return facts.lastCommitAt === null ? 'No commits yet' : null;
}
