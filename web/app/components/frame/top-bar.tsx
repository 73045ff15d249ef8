import { Link, useNavigate } from '@remix-run/react';
import { ChevronDown, FileClock, FolderKanban, PauseCircle, Plus, Search } from 'lucide-react';
import type { ProjectFrameQuery } from '~/graphql/gql/graphql.ts';
import { Badge } from '../ui/badge.tsx';
import { Button, buttonClass, IconButton } from '../ui/button.tsx';
import { Menu, MenuItem, MenuLabel, MenuSeparator } from '../ui/menu.tsx';
import { Tooltip } from '../ui/tooltip.tsx';
import { ConnectionDot } from './connection-dot.tsx';
import { OrchestratorButton, OrchestratorLine, useCycleProgress } from './orchestrator-button.tsx';
import { useRefusal } from './project-rights.tsx';

interface TopBarProps {
  project: NonNullable<ProjectFrameQuery['project']>;
  projects: NonNullable<ProjectFrameQuery['projects']>['nodes'];
  cycle: NonNullable<ProjectFrameQuery['orchestratorCycles']>['nodes'][number] | null;
  onCreateTask(): void;
  onSearch(): void;
}

/** What belongs to the project as a whole, on every page of it. */
export function TopBar({ project, projects, cycle, onCreateTask, onSearch }: TopBarProps) {
  const navigate = useNavigate();
  const progress = useCycleProgress(cycle);
  const refusal = useRefusal('TASK_WRITE');
  return (
    <header className="relative flex h-12 shrink-0 items-center gap-1.5 border-b border-line px-2 sm:gap-2 sm:px-3">
      <Menu
        label="Switch project"
        trigger={
          <button
            type="button"
            className="touch-target flex h-8 min-w-0 items-center gap-1 rounded-control px-2 font-semibold hover:bg-hover aria-expanded:bg-hover"
          >
            <h1 className="truncate">{project.name}</h1>
            <ChevronDown aria-hidden className="size-3.5 shrink-0 text-faint" />
            <span className="sr-only">Switch project</span>
          </button>
        }
      >
        <MenuLabel>Projects</MenuLabel>
        {projects.map((other) => (
          <MenuItem
            key={other.id}
            isChecked={other.id === project.id}
            onSelect={() => navigate(`/projects/${other.id}`)}
          >
            {other.name}
          </MenuItem>
        ))}
        <MenuSeparator />
        <MenuItem icon={<FolderKanban aria-hidden className="size-4" />} onSelect={() => navigate('/projects')}>
          All projects
        </MenuItem>
      </Menu>
      {project.status === 'PAUSED' ? (
        <Badge tone="warning" title="Nothing is started until it is resumed in the project’s settings">
          <PauseCircle aria-hidden className="size-3" />
          Paused
        </Badge>
      ) : null}
      {project.stateVersion === null ? null : (
        <Tooltip text="State document: where the project stands" keys="g s">
          <Link
            to={`/projects/${project.id}/state`}
            prefetch="intent"
            className={buttonClass({ variant: 'ghost', size: 'sm' })}
          >
            <FileClock aria-hidden className="size-3.5" />
            <span className="sr-only">State document, version </span>
            <span className="tabular">v{project.stateVersion}</span>
          </Link>
        </Tooltip>
      )}
      <div className="ml-auto flex items-center gap-1 sm:gap-2">
        <ConnectionDot />
        <Tooltip text="Search and commands" keys="mod+k">
          <IconButton label="Search and commands" onClick={onSearch}>
            <Search aria-hidden className="size-4" />
          </IconButton>
        </Tooltip>
        <OrchestratorButton projectId={project.id} progress={progress} />
        <Tooltip text="New task" keys="c" isOff={refusal !== undefined}>
          <Button
            variant="primary"
            onClick={onCreateTask}
            refusal={refusal}
            aria-label="New task"
            className="max-sm:w-8 max-sm:px-0"
          >
            <Plus aria-hidden className="size-4" />
            <span className="max-sm:sr-only">New task</span>
          </Button>
        </Tooltip>
      </div>
      <OrchestratorLine progress={progress} />
    </header>
  );
}
