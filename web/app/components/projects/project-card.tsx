import { Link } from '@remix-run/react';
import { PauseCircle } from 'lucide-react';
import { graphql } from '~/graphql/gql/gql.ts';
import { readFragment, type FragmentType } from '~/graphql/gql/fragment-masking.ts';
import { RunStatusIcon, runStatusWord } from '../runs/run-status.tsx';
import { Badge } from '../ui/badge.tsx';
import { RelativeTime } from '../ui/time.tsx';

export const ProjectCard_ProjectFragment = graphql(`
  fragment ProjectCard_Project on Project {
    id
    revision
    name
    description
    status
    defaultRepoPath
    updatedAt
    openTaskCount
    lastRun {
      id
      revision
      status
      reason
      landingIsMerged
    }
  }
`);

export function ProjectCard({ project: masked }: { project: FragmentType<typeof ProjectCard_ProjectFragment> }) {
  const project = readFragment(ProjectCard_ProjectFragment, masked);
  return (
    <li className="relative flex min-h-36 flex-col rounded-box border border-line bg-raised p-4 shadow-card transition-colors duration-100 hover:border-line-strong">
      <div className="flex items-start gap-2">
        <h2 className="title-wrap line-clamp-2 min-w-0 flex-1 font-semibold">
          <Link
            to={`/projects/${project.id}`}
            prefetch="intent"
            className="outline-none after:absolute after:inset-0 after:rounded-box focus-visible:after:outline-2 focus-visible:after:outline-focus"
          >
            {project.name}
          </Link>
        </h2>
        {project.status === 'PAUSED' ? (
          <Badge tone="warning">
            <PauseCircle aria-hidden className="size-3" />
            Paused
          </Badge>
        ) : null}
      </div>
      {project.description ? (
        <p className="title-wrap mt-1 line-clamp-2 text-dense text-muted">{project.description}</p>
      ) : null}
      {project.defaultRepoPath ? (
        <p className="mt-1 truncate text-left font-mono text-xs text-faint" title={project.defaultRepoPath} dir="rtl">
          <bdi>{project.defaultRepoPath}</bdi>
        </p>
      ) : null}
      <dl className="mt-auto flex flex-wrap items-center gap-x-4 gap-y-1 whitespace-nowrap pt-4 text-xs text-muted">
        <div className="flex flex-row-reverse items-baseline gap-1.5">
          <dt>open {project.openTaskCount === 1 ? 'task' : 'tasks'}</dt>
          <dd className="tabular font-medium text-fg">{project.openTaskCount}</dd>
        </div>
        {project.lastRun ? (
          <div className="flex items-center gap-1.5">
            <dt className="flex items-center gap-1.5">
              <RunStatusIcon run={project.lastRun} />
              Last run:
            </dt>
            <dd className="-ml-0.5">{runStatusWord(project.lastRun).toLowerCase()}</dd>
          </div>
        ) : null}
        <div className="ml-auto">
          <dt className="sr-only">Last change</dt>
          <dd>
            <RelativeTime value={project.updatedAt} className="text-faint" />
          </dd>
        </div>
      </dl>
    </li>
  );
}
