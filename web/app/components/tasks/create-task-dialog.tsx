import { useState } from 'react';
import { useMutation } from 'urql';
import { MAX_DESCRIPTION_CHARS, MAX_TITLE_CHARS } from '#contract/limits.ts';
import { graphql } from '~/graphql/gql/gql.ts';
import { mutationFailure } from '~/graphql/mutation-failure.ts';
import { formText } from '~/lib/form-text.ts';
import { Dialog } from '../ui/dialog.tsx';
import { Field, Input, Select, Textarea } from '../ui/field.tsx';
import { Kbd } from '../ui/kbd.tsx';
import { MutationForm } from '../ui/mutation-form.tsx';
import { priorityWord } from './priority.tsx';
import { TASK_TYPES, taskTypeWord, type TaskType } from './task-type.tsx';

const CreateTask_Mutation = graphql(`
  mutation CreateTask($input: CreateTaskInput!) {
    createTask(input: $input) {
      __typename
      ... on CreateTaskPayload {
        task {
          id
          revision
          ...Board_Task
        }
      }
      ...MutationFailure_UserError
    }
  }
`);

interface CreateTaskDialogProps {
  isOpen: boolean;
  onOpenChange(isOpen: boolean): void;
  projectId: string;
  agents: readonly { id: string; name: string; isEnabled: boolean }[];
}

export function CreateTaskDialog({ isOpen, onOpenChange, projectId, agents }: CreateTaskDialogProps) {
  return (
    <Dialog isOpen={isOpen} onOpenChange={onOpenChange} title="New task" className="sm:max-w-xl">
      <CreateTaskForm projectId={projectId} agents={agents} onDone={() => onOpenChange(false)} />
    </Dialog>
  );
}

function CreateTaskForm({
  projectId,
  agents,
  onDone,
}: Pick<CreateTaskDialogProps, 'projectId' | 'agents'> & { onDone(): void }) {
  const [, createTask] = useMutation(CreateTask_Mutation);
  const [isTitleMissing, setTitleMissing] = useState(false);

  const submit = async (fields: FormData): Promise<string | null> => {
    const text = (name: string): string => formText(fields, name);
    if (text('title') === '') {
      setTitleMissing(true);
      return null;
    }
    const agentId = text('agentId');
    const acceptanceCriteria = text('criteria')
      .split('\n')
      .map((line) => line.replace(/^[-*•]\s*/, '').trim())
      .filter(Boolean);
    const result = await createTask({
      input: {
        projectId,
        title: text('title'),
        description: text('description'),
        acceptanceCriteria,
        type: text('type') as TaskType,
        priority: Number(text('priority')),
        ...(agentId ? { agentId } : {}),
      },
    });
    const refused = mutationFailure(result);
    if (!refused) onDone();
    return refused;
  };
  return (
    <MutationForm
      onSubmit={submit}
      cancel={{ label: 'Cancel', onClick: onDone }}
      submitLabel={
        <>
          Create task
          <span className="max-sm:hidden [&_kbd]:border-on-accent/40 [&_kbd]:text-on-accent">
            <Kbd keys="mod+enter" />
          </span>
        </>
      }
    >
      <Field label="Title" error={isTitleMissing ? 'A task needs a title' : null}>
        <Input
          name="title"
          autoFocus
          maxLength={MAX_TITLE_CHARS}
          placeholder="What is to be done"
          onChange={() => setTitleMissing(false)}
        />
      </Field>
      <Field label="Description" isOptional>
        <Textarea
          name="description"
          rows={4}
          maxLength={MAX_DESCRIPTION_CHARS}
          placeholder="What the agent should know"
        />
      </Field>
      <Field label="Acceptance criteria" isOptional hint="One a line">
        <Textarea name="criteria" rows={2} placeholder={'npm test passes\nThe README names the new option'} />
      </Field>
      <div className="grid grid-cols-1 gap-4 sm:grid-cols-[auto_auto_minmax(0,1fr)]">
        <Field label="Type">
          <Select name="type" defaultValue="CODE_CHANGE">
            {TASK_TYPES.map((type) => (
              <option key={type} value={type}>
                {taskTypeWord(type)}
              </option>
            ))}
          </Select>
        </Field>
        <Field label="Priority">
          <Select name="priority" defaultValue="3">
            {[1, 2, 3, 4, 5].map((priority) => (
              <option key={priority} value={priority}>
                {priority} {priorityWord(priority).toLowerCase()}
              </option>
            ))}
          </Select>
        </Field>
        <Field label="Agent">
          <Select name="agentId" defaultValue="">
            <option value="">Orchestrator chooses</option>
            {agents.map((agent) => (
              <option key={agent.id} value={agent.id} disabled={!agent.isEnabled}>
                {agent.name}
                {agent.isEnabled ? '' : ' (disabled)'}
              </option>
            ))}
          </Select>
        </Field>
      </div>
    </MutationForm>
  );
}
