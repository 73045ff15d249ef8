import { Ban, CirclePause, Square, type LucideIcon } from 'lucide-react';
import { useState } from 'react';
import { useMutation } from 'urql';
import { graphql } from '~/graphql/gql/gql.ts';
import { mutationFailure } from '~/graphql/mutation-failure.ts';
import { useRefusal } from '../frame/project-rights.tsx';
import { Button, type ButtonSize, type ButtonVariant } from '../ui/button.tsx';
import { Dialog, DialogActions } from '../ui/dialog.tsx';
import { showToast } from '../ui/toast-store.ts';

const CancelRun_Mutation = graphql(`
  mutation CancelRun($input: CancelRunInput!) {
    cancelRun(input: $input) {
      __typename
      ... on CancelRunPayload {
        run {
          id
          revision
          status
          cancelRequestedAt
          task {
            id
            revision
            ...BoardCard_Task
          }
        }
      }
      ...MutationFailure_UserError
    }
  }
`);

export interface StoppableRun {
  id: string;
  kind: string;
  status: string;
  isStopping: boolean;
}

interface StopRunProps {
  run: StoppableRun;
  size?: ButtonSize;
  variant?: ButtonVariant;
}

/** Stops a run, after asking what becomes of its task: stopping is a decision, not a failure. */
export function StopRun({ run, size = 'sm', variant = 'ghost' }: StopRunProps) {
  const [isAsking, setAsking] = useState(false);
  const refusal = useRefusal('RUN_STOP');
  const [{ fetching }, cancel] = useMutation(CancelRun_Mutation);
  const stop = async (thenTask: 'PUT_BACK' | 'CANCEL'): Promise<void> => {
    setAsking(false);
    const failure = mutationFailure(await cancel({ input: { runId: run.id, thenTask } }));
    if (failure) showToast({ kind: 'error', text: failure });
  };
  const isMerge = run.kind === 'MERGE';
  const isBusy = fetching || run.isStopping;
  return (
    <>
      <Button
        size={size}
        variant={variant}
        isBusy={isBusy}
        onClick={() => setAsking(true)}
        refusal={refusal}
        title="Stops the program; its log is kept"
      >
        {isBusy ? null : <Square aria-hidden className="size-3 fill-current" />}
        {run.isStopping ? 'Stopping' : 'Stop'}
      </Button>
      <Dialog
        isOpen={isAsking}
        onOpenChange={setAsking}
        title={isMerge ? 'Stop this merge?' : 'Stop this run?'}
        description="What becomes of the task?"
      >
        <div className="flex flex-col gap-2">
          <Choice
            Icon={CirclePause}
            title={isMerge ? 'Keep it in review' : 'Put it back'}
            text={
              isMerge
                ? 'Nothing is merged. It can be approved again.'
                : 'It is queued and held: nothing starts until you start it again.'
            }
            onChoose={() => void stop('PUT_BACK')}
          />
          <Choice
            Icon={Ban}
            title="Cancel it"
            text="It is not taken up again. What was written is kept."
            onChoose={() => void stop('CANCEL')}
          />
        </div>
        <DialogActions>
          <Button onClick={() => setAsking(false)}>{run.status === 'PENDING' ? 'Let it wait' : 'Let it run'}</Button>
        </DialogActions>
      </Dialog>
    </>
  );
}

function Choice({ Icon, title, text, onChoose }: { Icon: LucideIcon; title: string; text: string; onChoose(): void }) {
  return (
    <button
      type="button"
      onClick={onChoose}
      className="flex items-start gap-3 rounded-box border border-line bg-raised px-3 py-2.5 text-left transition-colors duration-100 hover:border-line-strong hover:bg-hover"
    >
      <Icon aria-hidden className="mt-0.5 size-4 shrink-0 text-muted" />
      <span className="min-w-0">
        <span className="block font-medium">{title}</span>
        <span className="block text-dense text-muted">{text}</span>
      </span>
    </button>
  );
}
