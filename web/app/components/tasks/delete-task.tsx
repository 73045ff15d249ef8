import { useNavigate, type LinkProps } from '@remix-run/react';
import { useMutation } from 'urql';
import { graphql } from '~/graphql/gql/gql.ts';
import { mutationFailure } from '~/graphql/mutation-failure.ts';
import { ConfirmDialog } from '../ui/confirm-dialog.tsx';
import { showToast } from '../ui/toast-store.ts';

const DeleteTask_Mutation = graphql(`
  mutation DeleteTask($input: DeleteTaskInput!) {
    deleteTask(input: $input) {
      __typename
      ... on DeleteTaskPayload {
        deletion {
          id
          entityId
          projectId
        }
      }
      ...MutationFailure_UserError
    }
  }
`);

interface DeleteTaskDialogProps {
  task: { id: string; title: string };
  isOpen: boolean;
  onClose(): void;
  /** Where there is something to see when the task is gone. */
  back: LinkProps['to'];
}

/** Asks once, and leads away from what is gone. */
export function DeleteTaskDialog({ task, isOpen, onClose, back }: DeleteTaskDialogProps) {
  const [{ fetching }, deleteTask] = useMutation(DeleteTask_Mutation);
  const navigate = useNavigate();
  const confirm = async (): Promise<void> => {
    const failure = mutationFailure(await deleteTask({ input: { taskId: task.id } }));
    onClose();
    if (failure) return showToast({ kind: 'error', text: `Delete task: ${failure}` });
    showToast({ kind: 'info', text: `Deleted “${task.title}”` });
    navigate(back, { replace: true, preventScrollReset: true });
  };
  return (
    <ConfirmDialog
      isOpen={isOpen}
      onClose={onClose}
      title="Delete this task?"
      text="Its runs, their logs and files, and its audit trail go with it, for good. What was merged stays merged."
      confirmLabel="Delete task"
      isDanger
      isBusy={fetching}
      onConfirm={() => void confirm()}
    >
      <p className="title-wrap rounded-control bg-active px-3 py-2 text-dense">{task.title}</p>
    </ConfirmDialog>
  );
}
