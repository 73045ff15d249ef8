import { X } from 'lucide-react';
import { RepositoryRow, whyUnusable, type RepositoryLike } from '../repositories/repository-row.tsx';
import { Badge } from '../ui/badge.tsx';
import { Button } from '../ui/button.tsx';

interface RunnerRepositoryItemProps {
  repository: {
    path: string;
    isGone: boolean;
    facts: (NonNullable<RepositoryLike['facts']> & { remoteUrl: string | null }) | null;
    grants: { projectId: string | null; projectName: string | null; grantedBy: string | null }[];
  };
  onGrant(): void;
  onRevoke(projectId: string | null): void;
}

/** A repository with the projects that may use it. */
export function RunnerRepositoryItem({
  repository: { path, facts, grants, isGone },
  onGrant,
  onRevoke,
}: RunnerRepositoryItemProps) {
  return (
    <li className="px-4 py-3">
      <div className="flex items-start gap-3">
        <div className="min-w-0 flex-1">
          <RepositoryRow path={path} facts={facts} />
          {facts?.remoteUrl ? <p className="truncate font-mono text-xs text-faint">{facts.remoteUrl}</p> : null}
          {facts?.worktreeOf ? <p className="truncate text-xs text-faint">A worktree of {facts.worktreeOf}</p> : null}
        </div>
        {isGone ? (
          <Badge tone="warning" title="The runner does not find it any more">
            Gone
          </Badge>
        ) : null}
        <Button
          size="sm"
          disabled={isGone || whyUnusable(facts) !== null}
          aria-label={`Grant ${path}`}
          onClick={onGrant}
        >
          Grant
        </Button>
      </div>
      {grants.length > 0 ? (
        <ul aria-label={`Projects that may use ${path}`} className="mt-2 flex flex-wrap gap-1.5">
          {grants.map(({ projectId, projectName, grantedBy }) => (
            <li
              key={projectId ?? 'all'}
              title={grantedBy ? `Granted by ${grantedBy}` : 'Granted by the set-up'}
              className="flex h-6 max-w-full items-center gap-1 rounded-sm bg-active pl-2 pr-1 text-xs"
            >
              <span className="truncate">{projectName ?? 'Every project'}</span>
              <button
                type="button"
                aria-label={`Take ${path} back from ${projectName ?? 'every project'}`}
                title="Take back"
                className="touch-target rounded-sm p-0.5 text-faint hover:bg-hover hover:text-fg"
                onClick={() => onRevoke(projectId)}
              >
                <X aria-hidden className="size-3" />
              </button>
            </li>
          ))}
        </ul>
      ) : null}
    </li>
  );
}
