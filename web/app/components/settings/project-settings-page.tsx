import { graphql } from '~/graphql/gql/gql.ts';
import { apiErrorFacts } from '~/graphql/api-error.ts';
import { useLiveQuery } from '~/graphql/use-live-query.ts';
import { useDocumentTitle } from '~/lib/use-document-title.ts';
import { PageBody } from '../frame/page-header.tsx';
import { Guarded, useRefusal } from '../frame/project-rights.tsx';
import { ErrorState } from '../ui/error-state.tsx';
import { SkeletonLines } from '../ui/skeleton.tsx';
import { Agents } from './agents.tsx';
import { CapsSettings } from './caps-settings.tsx';
import { Deletions } from './deletions.tsx';
import { DeleteProject } from './delete-project.tsx';
import { Members } from './members.tsx';
import { ProjectForm } from './project-form.tsx';
import { ProjectStatusSettings } from './project-status-settings.tsx';
import { RetentionSettings } from './retention-settings.tsx';
import { SettingsSection } from './settings-section.tsx';

export const ProjectSettings_Query = graphql(`
  query ProjectSettings($projectId: ID!) {
    viewer {
      id
      isAdmin
    }
    project(id: $projectId) {
      id
      revision
      name
      ...ProjectForm_Project
      ...ProjectStatusSettings_Project
      ...CapsSettings_Project
      ...RetentionSettings_Project
      ...DeleteProject_Project
      agents(first: 100) {
        nodes {
          id
          revision
          ...AgentItem_Agent
        }
      }
    }
  }
`);

/** What a project is called, where its repository lies, who works in it. */
export function ProjectSettingsPage({ projectId }: { projectId: string }) {
  const { data, error, refetch } = useLiveQuery(ProjectSettings_Query, { projectId });
  const project = data?.project;
  const mayReadDeletions = useRefusal('DELETION_READ') === undefined;
  useDocumentTitle('Settings', project?.name);
  return (
    <PageBody isNarrow>
      {project ? (
        <>
          <SettingsSection title="Project">
            <Guarded permission="PROJECT_WRITE">
              <ProjectForm project={project} />
            </Guarded>
          </SettingsSection>
          <Agents projectId={projectId} agents={project.agents.nodes} />
          {data.viewer ? <Members projectId={projectId} viewer={data.viewer} /> : null}
          <CapsSettings project={project} />
          <RetentionSettings project={project} />
          {mayReadDeletions ? <Deletions projectId={projectId} /> : null}
          <ProjectStatusSettings project={project} />
          <DeleteProject project={project} />
        </>
      ) : error ? (
        <ErrorState title="The settings could not be loaded" message={apiErrorFacts(error).message} onRetry={refetch} />
      ) : (
        <SkeletonLines count={8} label="Loading settings" />
      )}
    </PageBody>
  );
}
