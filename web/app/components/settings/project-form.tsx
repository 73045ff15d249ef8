import { useState } from 'react';
import { useMutation } from 'urql';
import { MAX_NAME_CHARS, MAX_PROJECT_DESCRIPTION_CHARS } from '#contract/limits.ts';
import { MAX_PROJECT_KEY_CHARS } from '#contract/short-ids.ts';
import { graphql } from '~/graphql/gql/gql.ts';
import { readFragment, type FragmentType } from '~/graphql/gql/fragment-masking.ts';
import { mutationFailure } from '~/graphql/mutation-failure.ts';
import { formText } from '~/lib/form-text.ts';
import {
  RepositoryChooser,
  type ChosenRepository,
  type RefusedRepository,
} from '../repositories/repository-chooser.tsx';
import { Field, Input, Textarea } from '../ui/field.tsx';
import { MutationForm } from '../ui/mutation-form.tsx';
import { showToast } from '../ui/toast-store.ts';

export const ProjectForm_ProjectFragment = graphql(`
  fragment ProjectForm_Project on Project {
    id
    revision
    name
    key
    description
    defaultRepoPath
  }
`);

export const UpdateProject_Mutation = graphql(`
  mutation UpdateProject($input: UpdateProjectInput!) {
    updateProject(input: $input) {
      __typename
      ... on UpdateProjectPayload {
        project {
          id
          revision
          status
          updatedAt
          ...ProjectForm_Project
        }
      }
      ... on InvalidInputError {
        fields {
          path
          message
        }
      }
      ...MutationFailure_UserError
    }
  }
`);

export function ProjectForm({ project: masked }: { project: FragmentType<typeof ProjectForm_ProjectFragment> }) {
  const project = readFragment(ProjectForm_ProjectFragment, masked);
  const [, updateProject] = useMutation(UpdateProject_Mutation);
  const [repository, setRepository] = useState(() => chosenOf(project.defaultRepoPath));
  const [repositoryError, setRepositoryError] = useState<RefusedRepository | null>(null);
  // Another one each time it is saved: then the chooser shows what there is now.
  const [saved, setSaved] = useState(0);
  const submit = async (fields: FormData): Promise<string | null> => {
    const text = (name: string): string => formText(fields, name);
    if (repository?.problem) {
      setRepositoryError({ path: repository.path, message: repository.problem });
      return null;
    }
    const chosen = repository ? { defaultRepoPath: repository.path, runnerId: repository.runnerId } : {};
    const result = await updateProject({
      input: {
        projectId: project.id,
        name: text('name'),
        key: text('key'),
        description: text('description'),
        ...chosen,
      },
    });
    const answer = result.data?.updateProject;
    const ofRepository =
      answer?.__typename === 'InvalidInputError'
        ? answer.fields.find(({ path }) => path[0] === 'defaultRepoPath')
        : undefined;
    setRepositoryError(ofRepository && repository ? { path: repository.path, message: ofRepository.message } : null);
    if (answer?.__typename === 'UpdateProjectPayload') {
      setRepository(chosenOf(readFragment(ProjectForm_ProjectFragment, answer.project).defaultRepoPath));
      setSaved(saved + 1);
      showToast({ kind: 'info', text: 'Saved' });
    }
    return ofRepository ? null : mutationFailure(result);
  };
  return (
    <MutationForm className="max-w-xl" onSubmit={submit} submitLabel="Save">
      <Field label="Name">
        <Input name="name" required maxLength={MAX_NAME_CHARS} defaultValue={project.name} />
      </Field>
      <Field
        label="Key"
        hint="Its tasks are called by it, for example SHOP-12. After a change, the former short ids still find them."
      >
        <Input
          name="key"
          required
          key={project.key}
          maxLength={MAX_PROJECT_KEY_CHARS}
          defaultValue={project.key}
          autoCapitalize="characters"
          spellCheck={false}
          className="max-w-40 font-mono uppercase"
        />
      </Field>
      <Field label="Description" isOptional>
        <Textarea
          name="description"
          rows={2}
          maxLength={MAX_PROJECT_DESCRIPTION_CHARS}
          defaultValue={project.description}
          className="min-h-14!"
        />
      </Field>
      <RepositoryChooser
        key={saved}
        projectId={project.id}
        kept={project.defaultRepoPath}
        chosen={repository}
        refused={repositoryError}
        onChoose={setRepository}
      />
    </MutationForm>
  );
}

function chosenOf(path: string | null): ChosenRepository | null {
  return path === null ? null : { path, runnerId: null, problem: null };
}
