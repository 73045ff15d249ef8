import { graphql } from '~/graphql/gql/gql.ts';
import { apiErrorFacts } from '~/graphql/api-error.ts';
import { useLiveQuery } from '~/graphql/use-live-query.ts';
import { useDocumentTitle } from '~/lib/use-document-title.ts';
import { PageBody } from '../frame/page-header.tsx';
import { Guarded, RefusalNotice, useRefusal } from '../frame/project-rights.tsx';
import { ErrorState } from '../ui/error-state.tsx';
import { SkeletonLines } from '../ui/skeleton.tsx';
import { AgentItem } from './agent-item.tsx';
import { Deletions } from './deletions.tsx';
import { DeleteProject } from './delete-project.tsx';
import { Members } from './members.tsx';
import { ProjectForm } from './project-form.tsx';
import { ProjectStatusSettings } from './project-status-settings.tsx';
import { RetentionSettings } from './retention-settings.tsx';
import { SettingsList, SettingsSection } from './settings-section.tsx';

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
          <SettingsSection
            title="Agents"
            text="Commands that are run for a task, on a machine that has the repository. Tasks are given to them by name."
          >
            <RefusalNotice permission="AGENT_WRITE" />
            <SettingsList label="Agents">
              {project.agents.nodes.map((agent) => (
                <AgentItem key={agent.id} agent={agent} />
              ))}
            </SettingsList>
          </SettingsSection>
          {data.viewer ? <Members projectId={projectId} viewer={data.viewer} /> : null}
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
