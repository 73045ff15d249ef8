import { useState, type FormEvent } from 'react';
import { useMutation } from 'urql';
import { MAX_MESSAGE_CHARS } from '#contract/limits.ts';
import { graphql } from '~/graphql/gql/gql.ts';
import { readFragment, type FragmentType } from '~/graphql/gql/fragment-masking.ts';
import { mutationFailure } from '~/graphql/mutation-failure.ts';
import { useDraft } from '~/lib/use-draft.ts';
import { useRefusal } from '../frame/project-rights.tsx';
import { Button } from '../ui/button.tsx';
import { Textarea } from '../ui/field.tsx';
import { showToast } from '../ui/toast-store.ts';
import { OlderActivity } from './older-activity.tsx';
import { TaskEventItem } from './task-event-item.tsx';

export const TaskActivity_TaskFragment = graphql(`
  fragment TaskActivity_Task on Task {
    id
    revision
    events(first: 50) {
      nodes {
        id
        eventType
        ...TaskEventItem_TaskEvent
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`);

const CommentOnTask_Mutation = graphql(`
  mutation CommentOnTask($input: CommentOnTaskInput!) {
    commentOnTask(input: $input) {
      __typename
      ... on CommentOnTaskPayload {
        task {
          id
          revision
          updatedAt
        }
      }
      ...MutationFailure_UserError
    }
  }
`);

/** The audit trail: who did what and when, and what people said about it. */
export function TaskActivity({ task: masked }: { task: FragmentType<typeof TaskActivity_TaskFragment> }) {
  const task = readFragment(TaskActivity_TaskFragment, masked);
  const events = [...task.events.nodes].sort((a, b) => (a.id < b.id ? -1 : 1));
  return (
    <section>
      <h2 className="text-dense font-semibold">Activity</h2>
      <OlderActivity taskId={task.id} pageInfo={task.events.pageInfo} />
      <ol className="mt-3 flex flex-col">
        {events.map((event, i) => (
          <TaskEventItem key={event.id} event={event} before={events[i - 1]} isLast={i === events.length - 1} />
        ))}
      </ol>
      <CommentForm taskId={task.id} />
    </section>
  );
}

function CommentForm({ taskId }: { taskId: string }) {
  const [text, setText] = useDraft(`comment ${taskId}`);
  const [isOpen, setOpen] = useState(false);
  const refusal = useRefusal('TASK_WRITE');
  const [{ fetching }, comment] = useMutation(CommentOnTask_Mutation);
  const submit = async (event?: FormEvent): Promise<void> => {
    event?.preventDefault();
    if (text.trim() === '') return;
    const failure = mutationFailure(await comment({ input: { taskId, text: text.trim() } }));
    if (failure) return showToast({ kind: 'error', text: failure });
    setText('');
    setOpen(false);
  };
  const isShown = isOpen || text !== '';
  return (
    <form onSubmit={(event) => void submit(event)} className="mt-4">
      <Textarea
        aria-label="Comment"
        rows={isShown ? 3 : 1}
        value={text}
        maxLength={MAX_MESSAGE_CHARS}
        placeholder={refusal ?? 'Comment'}
        disabled={refusal !== undefined}
        title={refusal}
        onFocus={() => setOpen(true)}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && (event.metaKey || event.ctrlKey)) void submit();
        }}
        className={isShown ? '' : 'min-h-9! resize-none'}
      />
      {isShown ? (
        <div className="mt-2 flex justify-end">
          <Button type="submit" isBusy={fetching} disabled={text.trim() === '' || refusal !== undefined}>
            Comment
          </Button>
        </div>
      ) : null}
    </form>
  );
}
