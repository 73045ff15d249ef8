import { useNavigate, useSearchParams } from '@remix-run/react';
import { Command } from 'cmdk';
import {
  FileClock,
  FolderKanban,
  LayoutDashboard,
  Mic,
  Plus,
  Server,
  Settings,
  SlidersHorizontal,
  type LucideIcon,
} from 'lucide-react';
import { Dialog as Radix } from 'radix-ui';
import { useDeferredValue, useState, type ReactNode } from 'react';
import { useQuery } from 'urql';
import { parseShortId } from '#contract/short-ids.ts';
import { readFragment } from '~/graphql/gql/fragment-masking.ts';
import { graphql } from '~/graphql/gql/gql.ts';
import type { TaskStatus } from '~/lib/task-status.ts';
import { ShortId } from '../tasks/short-id.tsx';
import { TaskStatusIcon } from '../tasks/task-status.tsx';
import { useRefusal } from './project-rights.tsx';

const PaletteTasks_Query = graphql(`
  query PaletteTasks($projectId: ID!, $text: String, $named: ID!, $isNamed: Boolean!) {
    task(id: $named) @include(if: $isNamed) {
      ...PaletteTask_Task
      id
      revision
      project {
        id
        revision
      }
    }
    tasks(projectId: $projectId, filter: { text: $text }, orderBy: { field: CREATED_AT, direction: DESC }, first: 12) {
      nodes {
        id
        revision
        ...PaletteTask_Task
      }
    }
  }
`);
const PaletteTask_TaskFragment = graphql(`
  fragment PaletteTask_Task on Task {
    id
    revision
    shortId
    title
    status
  }
`);

interface CommandPaletteProps {
  projectId: string;
  projects: readonly { id: string; name: string }[];
  onClose(): void;
  onCreateTask(): void;
}

/** Everywhere one can go and what one can do, by typing. */
export default function CommandPalette({ projectId, projects, onClose, onCreateTask }: CommandPaletteProps) {
  const [text, setText] = useState('');
  const searched = useDeferredValue(text.trim());
  const [{ data, fetching }] = useQuery({
    query: PaletteTasks_Query,
    variables: { projectId, text: searched || null, named: searched, isNamed: parseShortId(searched) !== null },
    requestPolicy: 'cache-and-network',
  });
  const navigate = useNavigate();
  const [params] = useSearchParams();
  const go = (to: string) => () => {
    onClose();
    navigate(to);
  };
  const openTask = (shortId: string) => {
    const search = new URLSearchParams(params);
    search.set('task', shortId);
    return go(`/projects/${projectId}?${search.toString()}`);
  };
  const mayCreate = useRefusal('TASK_WRITE') === undefined;
  const createTask = (): void => {
    onClose();
    onCreateTask();
  };
  const commands: { label: string; Icon: LucideIcon; run(): void }[] = [
    ...(mayCreate ? [{ label: 'New task', Icon: Plus, run: createTask }] : []),
    { label: 'Dashboard', Icon: LayoutDashboard, run: go(`/projects/${projectId}`) },
    { label: 'Recordings', Icon: Mic, run: go(`/projects/${projectId}/recordings`) },
    { label: 'State document', Icon: FileClock, run: go(`/projects/${projectId}/state`) },
    { label: 'Project settings', Icon: SlidersHorizontal, run: go(`/projects/${projectId}/settings`) },
    { label: 'All projects', Icon: FolderKanban, run: go('/projects') },
    { label: 'Runners', Icon: Server, run: go('/runners') },
    { label: 'Settings', Icon: Settings, run: go('/settings') },
  ];
  const words = searched.toLowerCase();
  const matches = (label: string): boolean => label.toLowerCase().includes(words);
  // A short id of any project finds its task; one of this project's is the first of what the search finds.
  const named = data?.task && data.task.project.id !== projectId ? data.task : null;
  const elsewhere = named && { projectId: named.project.id, ...readFragment(PaletteTask_TaskFragment, named) };
  const tasks = readFragment(PaletteTask_TaskFragment, data?.tasks?.nodes ?? []);
  return (
    <Radix.Root open onOpenChange={(isOpen) => (isOpen ? undefined : onClose())}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-40 animate-fade-in bg-scrim" />
        <Radix.Content
          aria-describedby={undefined}
          className="fixed inset-x-3 top-[10vh] z-50 mx-auto max-w-xl animate-rise-in overflow-hidden rounded-box bg-overlay shadow-overlay outline-none"
        >
          <Radix.Title className="sr-only">Search and commands</Radix.Title>
          <Command shouldFilter={false} label="Search and commands">
            <Command.Input
              value={text}
              onValueChange={setText}
              placeholder="Search tasks, or go somewhere"
              className="h-12 w-full border-b border-line bg-transparent px-4 text-base outline-none placeholder:text-faint"
            />
            <Command.List className="max-h-[50vh] overflow-y-auto overscroll-contain p-1.5">
              <Command.Empty className="px-3 py-6 text-center text-dense text-muted">
                {fetching ? 'Searching' : 'Nothing found.'}
              </Command.Empty>
              <Group heading="Commands">
                {commands
                  .filter((c) => matches(c.label))
                  .map(({ label, Icon, run }) => (
                    <Item key={label} value={`command ${label}`} onSelect={run}>
                      <Icon aria-hidden className="size-4 text-muted" />
                      {label}
                    </Item>
                  ))}
              </Group>
              <Group heading="Tasks">
                {[
                  ...(elsewhere
                    ? [
                        <Item
                          key={elsewhere.id}
                          value={`task ${elsewhere.id}`}
                          onSelect={go(`/projects/${elsewhere.projectId}/tasks/${elsewhere.shortId}`)}
                        >
                          <FoundTask task={elsewhere} />
                        </Item>,
                      ]
                    : []),
                  ...tasks.map((task) => (
                    <Item key={task.id} value={`task ${task.id}`} onSelect={openTask(task.shortId)}>
                      <FoundTask task={task} />
                    </Item>
                  )),
                ]}
              </Group>
              <Group heading="Projects">
                {projects
                  .filter((p) => p.id !== projectId && matches(p.name))
                  .map((project) => (
                    <Item key={project.id} value={`project ${project.id}`} onSelect={go(`/projects/${project.id}`)}>
                      <FolderKanban aria-hidden className="size-4 text-muted" />
                      <span className="truncate">{project.name}</span>
                    </Item>
                  ))}
              </Group>
            </Command.List>
          </Command>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

function FoundTask({ task }: { task: { shortId: string; title: string; status: TaskStatus } }) {
  return (
    <>
      <TaskStatusIcon status={task.status} isAlone />
      <span className="truncate">{task.title}</span>
      <ShortId value={task.shortId} className="ml-auto" />
    </>
  );
}

function Group({ heading, children }: { heading: string; children: ReactNode[] }) {
  if (children.length === 0) return null;
  return (
    <Command.Group
      heading={heading}
      className="[&_[cmdk-group-heading]]:px-2 [&_[cmdk-group-heading]]:py-1.5 [&_[cmdk-group-heading]]:text-xs [&_[cmdk-group-heading]]:text-muted"
    >
      {children}
    </Command.Group>
  );
}

function Item({ value, onSelect, children }: { value: string; onSelect(): void; children: ReactNode }) {
  return (
    <Command.Item
      value={value}
      onSelect={onSelect}
      className="flex h-9 cursor-pointer items-center gap-2.5 rounded-control px-2 text-dense data-[selected=true]:bg-hover"
    >
      {children}
    </Command.Item>
  );
}
