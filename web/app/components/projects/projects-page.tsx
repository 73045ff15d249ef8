import { useSearchParams } from '@remix-run/react';
import { FolderPlus, Plus, Search } from 'lucide-react';
import { useState } from 'react';
import { graphql } from '~/graphql/gql/gql.ts';
import { apiErrorFacts } from '~/graphql/api-error.ts';
import { useLiveQuery } from '~/graphql/use-live-query.ts';
import { useShortcuts } from '~/lib/shortcuts.ts';
import { useDocumentTitle } from '~/lib/use-document-title.ts';
import { PageBody, PageHeader } from '../frame/page-header.tsx';
import { Button } from '../ui/button.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { ErrorState } from '../ui/error-state.tsx';
import { Input } from '../ui/field.tsx';
import { MorePages } from '../ui/more-pages.tsx';
import { PageState } from '../ui/page-state.tsx';
import { Skeleton } from '../ui/skeleton.tsx';
import { CreateProjectDialog } from './create-project-dialog.tsx';
import { ProjectCard } from './project-card.tsx';
import { useProjectsLive } from './use-projects-live.ts';

export const Projects_Query = graphql(`
  query Projects($text: String, $after: String) {
    projects(filter: { text: $text }, first: 60, after: $after) {
      nodes {
        id
        revision
        eventCursor
        ...ProjectCard_Project
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`);

const GRID = 'grid grid-cols-1 gap-3 sm:grid-cols-2 xl:grid-cols-3';
const TYPING_MS = 200;

export function ProjectsPage() {
  useDocumentTitle('Projects');
  const [params, setParams] = useSearchParams();
  const text = params.get('q') || null;
  const { data, error, refetch } = useLiveQuery(
    Projects_Query,
    { text, after: null },
    { requestPolicy: 'cache-and-network' },
  );
  const [isCreating, setCreating] = useState(false);
  const projects = data?.projects?.nodes;
  useProjectsLive(projects);
  useShortcuts([{ keys: 'c', label: 'New project', run: () => setCreating(true) }]);
  const create = (
    <Button variant="primary" onClick={() => setCreating(true)}>
      <Plus aria-hidden className="size-4" />
      New project
    </Button>
  );
  const hasSearch = text !== null || (projects?.length ?? 0) > 0;
  return (
    <PageBody>
      <PageHeader
        title="Projects"
        actions={
          <>
            {hasSearch ? (
              <SearchField initial={text ?? ''} onSearch={(q) => setParams(q ? { q } : {}, { replace: true })} />
            ) : null}
            {create}
          </>
        }
      />
      {projects ? (
        projects.length > 0 ? (
          <ul className={GRID}>
            {projects.map((project) => (
              <ProjectCard key={project.id} project={project} />
            ))}
          </ul>
        ) : text ? (
          <EmptyState
            icon={<Search aria-hidden />}
            title={`No project matches “${text}”`}
            text="Words are looked for in names and descriptions."
          />
        ) : (
          <EmptyState
            icon={<FolderPlus aria-hidden />}
            title="No projects yet"
            text="A project is a repository on a machine of yours, and what is planned, running and done in it."
            action={create}
          />
        )
      ) : error ? (
        <ErrorState title="The projects could not be loaded" message={apiErrorFacts(error).message} onRetry={refetch} />
      ) : (
        <div role="status" aria-label="Loading projects" className={GRID}>
          {[1, 2, 3].map((i) => (
            <Skeleton key={i} className="h-36 rounded-box" />
          ))}
        </div>
      )}
      {data?.projects ? <MoreProjects key={text} text={text} pageInfo={data.projects.pageInfo} /> : null}
      <CreateProjectDialog isOpen={isCreating} onOpenChange={setCreating} />
    </PageBody>
  );
}

interface MoreProjectsProps {
  text: string | null;
  pageInfo: { hasNextPage: boolean; endCursor: string | null };
}

/** Those that have not changed for longer. */
function MoreProjects({ text, pageInfo }: MoreProjectsProps) {
  return (
    <MorePages pageInfo={pageInfo} label="Show more projects" className="mt-3">
      {(after) => <ProjectsPart text={text} after={after} />}
    </MorePages>
  );
}

function ProjectsPart({ text, after }: { text: string | null; after: string }) {
  const { data, error, refetch } = useLiveQuery(Projects_Query, { text, after });
  if (!data?.projects) return <PageState hasFailed={error !== undefined} label="Loading projects" onRetry={refetch} />;
  return (
    <>
      <ul className={`${GRID} mt-3`}>
        {data.projects.nodes.map((project) => (
          <ProjectCard key={project.id} project={project} />
        ))}
      </ul>
      <MoreProjects text={text} pageInfo={data.projects.pageInfo} />
    </>
  );
}

function SearchField({ initial, onSearch }: { initial: string; onSearch(q: string): void }) {
  const [timer, setTimer] = useState<ReturnType<typeof setTimeout> | undefined>();
  return (
    <div role="search" className="relative flex-1">
      <Search aria-hidden className="pointer-events-none absolute left-2.5 top-2 size-4 text-faint" />
      <Input
        type="search"
        aria-label="Search projects"
        placeholder="Search"
        defaultValue={initial}
        className="h-8! pl-8! sm:w-56!"
        onChange={(event) => {
          clearTimeout(timer);
          const q = event.target.value.trim();
          setTimer(setTimeout(() => onSearch(q), TYPING_MS));
        }}
      />
    </div>
  );
}
