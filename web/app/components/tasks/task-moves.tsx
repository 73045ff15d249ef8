import { createContext, useContext, useMemo, useState, type ReactNode } from 'react';
import { useMutation } from 'urql';
import { graphql } from '~/graphql/gql/gql.ts';
import { mutationFailure } from '~/graphql/mutation-failure.ts';
import { MOVE_WORDS, type TaskMove } from '~/lib/task-status.ts';
import { showToast } from '../ui/toast-store.ts';
import { TaskMoveDialog, type MovableTask } from './task-move-dialog.tsx';

const TransitionTask_Mutation = graphql(`
  mutation TransitionTask($input: TransitionTaskInput!) {
    transitionTask(input: $input) {
      __typename
      ... on TransitionTaskPayload {
        task {
          id
          revision
          ...BoardCard_Task
        }
      }
      ...MutationFailure_UserError
    }
  }
`);

const BlockTask_Mutation = graphql(`
  mutation BlockTask($input: BlockTaskInput!) {
    blockTask(input: $input) {
      __typename
      ... on BlockTaskPayload {
        task {
          id
          revision
          ...BoardCard_Task
        }
      }
      ...MutationFailure_UserError
    }
  }
`);

const StartTask_Mutation = graphql(`
  mutation StartTask($input: StartTaskInput!) {
    startTask(input: $input) {
      __typename
      ... on StartTaskPayload {
        task {
          id
          revision
          ...BoardCard_Task
        }
      }
      ...MutationFailure_UserError
    }
  }
`);

const RetryTask_Mutation = graphql(`
  mutation RetryTask($input: RetryTaskInput!) {
    retryTask(input: $input) {
      __typename
      ... on RetryTaskPayload {
        task {
          id
          revision
          ...BoardCard_Task
        }
      }
      ...MutationFailure_UserError
    }
  }
`);

const CancelTask_Mutation = graphql(`
  mutation CancelTask($input: CancelTaskInput!) {
    cancelTask(input: $input) {
      __typename
      ... on CancelTaskPayload {
        task {
          id
          revision
          ...BoardCard_Task
        }
      }
      ...MutationFailure_UserError
    }
  }
`);

const ApproveTask_Mutation = graphql(`
  mutation ApproveTask($input: ApproveTaskInput!) {
    approveTask(input: $input) {
      __typename
      ... on ApproveTaskPayload {
        task {
          id
          revision
          ...BoardCard_Task
        }
        mergeRun {
          id
          revision
        }
      }
      ...MutationFailure_UserError
    }
  }
`);

const SendBackTask_Mutation = graphql(`
  mutation SendBackTask($input: SendBackTaskInput!) {
    sendBackTask(input: $input) {
      __typename
      ... on SendBackTaskPayload {
        task {
          id
          revision
          ...BoardCard_Task
        }
      }
      ...MutationFailure_UserError
    }
  }
`);

interface TaskMoves {
  /** Carries a move out, after asking for what it needs (a reason, feedback, consent). */
  start(task: MovableTask, move: TaskMove): void;
}

const Context = createContext<TaskMoves>({ start: () => undefined });

export function useTaskMoves(): TaskMoves {
  return useContext(Context);
}

/** Everything a person can do to a task's status, from whatever place on the page; the questions it asks live here once. */
export function TaskMovesProvider({ children }: { children: ReactNode }) {
  const [asked, setAsked] = useState<{ task: MovableTask; move: TaskMove } | null>(null);
  const carryOut = useCarryOut();
  const moves = useMemo<TaskMoves>(
    () => ({
      start(task, move) {
        // A canceled task does not come back: that is asked first, too.
        if (move === 'block' || move === 'send_back' || move === 'cancel') setAsked({ task, move });
        else void carryOut(task, move, '');
      },
    }),
    [carryOut],
  );
  return (
    <Context.Provider value={moves}>
      {children}
      <TaskMoveDialog
        asked={asked}
        onClose={() => setAsked(null)}
        onConfirm={(task, move, words) => carryOut(task, move, words)}
      />
    </Context.Provider>
  );
}

/** @returns whether the API took it; when not, the reason has been shown */
function useCarryOut(): (task: MovableTask, move: TaskMove, words: string) => Promise<boolean> {
  const [, transition] = useMutation(TransitionTask_Mutation);
  const [, block] = useMutation(BlockTask_Mutation);
  const [, begin] = useMutation(StartTask_Mutation);
  const [, retry] = useMutation(RetryTask_Mutation);
  const [, cancel] = useMutation(CancelTask_Mutation);
  const [, approve] = useMutation(ApproveTask_Mutation);
  const [, sendBack] = useMutation(SendBackTask_Mutation);
  return useMemo(() => {
    const send = (taskId: string, move: TaskMove, words: string) => {
      switch (move) {
        case 'block':
          return block({ input: { taskId, reason: words } });
        case 'unblock':
          return transition({ input: { taskId, to: 'QUEUED' } });
        case 'start':
          return begin({ input: { taskId } });
        case 'retry':
          return retry({ input: { taskId } });
        case 'cancel':
          return cancel({ input: { taskId } });
        case 'approve':
          return approve({ input: { taskId } });
        case 'send_back':
          return sendBack({ input: { taskId, feedback: words } });
      }
    };
    return async (task, move, words) => {
      const result = await send(task.id, move, words);
      const failure = mutationFailure(result);
      if (failure) showToast({ kind: 'error', text: `${MOVE_WORDS[move].replace('…', '')}: ${failure}` });
      else if (DONE_WORDS[move])
        showToast({ kind: 'info', text: `${isMerging(result.data) ? 'Merging' : DONE_WORDS[move]} “${task.title}”` });
      return failure === null;
    };
  }, [transition, block, begin, retry, cancel, approve, sendBack]);
}

/** What was approved may be a report, and then there is nothing to merge. */
const isMerging = (data: object | null | undefined): boolean => {
  const { approveTask } = (data ?? {}) as { approveTask?: { mergeRun?: object | null } };
  return Boolean(approveTask?.mergeRun);
};

/** Only what is not seen at once is also said. */
const DONE_WORDS: Partial<Record<TaskMove, string>> = {
  approve: 'Approved',
  send_back: 'Sent back',
  cancel: 'Canceled',
};
