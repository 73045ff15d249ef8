import { useNavigate } from '@remix-run/react';
import { useState } from 'react';
import { useMutation } from 'urql';
import { MAX_NAME_CHARS, MAX_PROJECT_DESCRIPTION_CHARS } from '#contract/limits.ts';
import { MAX_PROJECT_KEY_CHARS } from '#contract/short-ids.ts';
import { graphql } from '~/graphql/gql/gql.ts';
import type { AgentPreset } from '~/graphql/gql/graphql.ts';
import { mutationFailure } from '~/graphql/mutation-failure.ts';
import { formText } from '~/lib/form-text.ts';
import { PresetField } from '../agents/preset-field.tsx';
import {
  RepositoryChooser,
  type ChosenRepository,
  type RefusedRepository,
} from '../repositories/repository-chooser.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Field, Input, Textarea } from '../ui/field.tsx';
import { MutationForm } from '../ui/mutation-form.tsx';

const CreateProject_Mutation = graphql(`
  mutation CreateProject($input: CreateProjectInput!) {
    createProject(input: $input) {
      __typename
      ... on CreateProjectPayload {
        project {
          id
          revision
          name
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

export function CreateProjectDialog({
  isOpen,
  onOpenChange,
}: {
  isOpen: boolean;
  onOpenChange(isOpen: boolean): void;
}) {
  return (
    <Dialog
      isOpen={isOpen}
      onOpenChange={onOpenChange}
      title="New project"
      description="It starts with five agents and a conversation."
    >
      <CreateProjectForm onCancel={() => onOpenChange(false)} />
    </Dialog>
  );
}

function CreateProjectForm({ onCancel }: { onCancel(): void }) {
  const [, createProject] = useMutation(CreateProject_Mutation);
  const navigate = useNavigate();
  const [isNameMissing, setNameMissing] = useState(false);
  const [repository, setRepository] = useState<ChosenRepository | null>(null);
  const [repositoryError, setRepositoryError] = useState<RefusedRepository | null>(null);
  const submit = async (fields: FormData): Promise<string | null> => {
    const text = (name: string): string => formText(fields, name);
    if (text('name') === '') {
      setNameMissing(true);
      return null;
    }
    if (repository?.problem) {
      setRepositoryError({ path: repository.path, message: repository.problem });
      return null;
    }
    const result = await createProject({
      input: {
        name: text('name'),
        description: text('description'),
        key: text('key') || null,
        ...(text('preset') ? { agentPreset: text('preset') as AgentPreset } : {}),
        ...(repository ? { defaultRepoPath: repository.path, runnerId: repository.runnerId } : {}),
      },
    });
    const answer = result.data?.createProject;
    const ofRepository =
      answer?.__typename === 'InvalidInputError'
        ? answer.fields.find(({ path }) => path[0] === 'defaultRepoPath')
        : undefined;
    setRepositoryError(ofRepository && repository ? { path: repository.path, message: ofRepository.message } : null);
    if (answer?.__typename === 'CreateProjectPayload') navigate(`/projects/${answer.project.id}`);
    return ofRepository ? null : mutationFailure(result);
  };
  return (
    <MutationForm onSubmit={submit} submitLabel="Create project" cancel={{ label: 'Cancel', onClick: onCancel }}>
      <Field label="Name" error={isNameMissing ? 'A project needs a name' : null}>
        <Input name="name" autoFocus maxLength={MAX_NAME_CHARS} onChange={() => setNameMissing(false)} />
      </Field>
      <Field
        label="Key"
        isOptional
        hint="Tasks are called by it, for example SHOP-12. Left empty, it is made of the name."
      >
        <Input
          name="key"
          maxLength={MAX_PROJECT_KEY_CHARS}
          autoCapitalize="characters"
          spellCheck={false}
          className="max-w-40 font-mono uppercase"
        />
      </Field>
      <Field label="Description" isOptional>
        <Textarea name="description" rows={2} maxLength={MAX_PROJECT_DESCRIPTION_CHARS} className="min-h-14!" />
      </Field>
      <RepositoryChooser
        projectId={null}
        kept={null}
        chosen={repository}
        refused={repositoryError}
        onChoose={setRepository}
      />
      <PresetField projectId={null} name="preset" label="Agents run" note="Each agent can be changed later." />
    </MutationForm>
  );
}
