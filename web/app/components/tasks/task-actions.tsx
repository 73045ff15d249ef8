import type { LinkProps } from '@remix-run/react';
import { Check, CornerUpLeft, GitMerge, MoreHorizontal, Play, RotateCcw, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { graphql } from '~/graphql/gql/gql.ts';
import { readFragment, type FragmentType } from '~/graphql/gql/fragment-masking.ts';
import { awaitsWords, MOVE_WORDS, possibleMoves, type TaskMove } from '~/lib/task-status.ts';
import { useRefusal } from '../frame/project-rights.tsx';
import { TaskResult_RunFragment } from '../runs/review/task-result.ts';
import { StopRun } from '../runs/stop-run.tsx';
import { Button, IconButton } from '../ui/button.tsx';
import { Menu, MenuItem } from '../ui/menu.tsx';
import { Spinner } from '../ui/spinner.tsx';
import { DeleteTaskDialog } from './delete-task.tsx';
import { TaskStatusIcon } from './task-status.tsx';
import { useTaskMoves } from './task-moves.tsx';

export const TaskActions_TaskFragment = graphql(`
  fragment TaskActions_Task on Task {
    id
    revision
    title
    status
    heldBy
    viewerDeleteRefusal
    result {
      id
      revision
      question
      ...TaskResult_Run
    }
    liveRun {
      id
      revision
      kind
      status
      cancelRequestedAt
      landingAt
    }
  }
`);

/** The first of these that the task's status allows is the button in colour. */
const MAIN: readonly TaskMove[] = ['start', 'approve', 'retry', 'unblock'];
const BESIDE: readonly TaskMove[] = ['send_back'];
const ICONS: Partial<Record<TaskMove, JSX.Element>> = {
  start: <Play aria-hidden className="size-4" />,
  approve: <GitMerge aria-hidden className="size-4" />,
  retry: <RotateCcw aria-hidden className="size-4" />,
  send_back: <CornerUpLeft aria-hidden className="size-4" />,
};

/** The bar at the foot of a task: what a person can do now. */
export function TaskActions({
  task: masked,
  back,
}: {
  task: FragmentType<typeof TaskActions_TaskFragment>;
  back: LinkProps['to'];
}) {
  const task = readFragment(TaskActions_TaskFragment, masked);
  const moves = useTaskMoves();
  const refusal = useRefusal('TASK_WRITE');
  const [isDeleting, setDeleting] = useState(false);
  const possible = possibleMoves(task.status, task.heldBy !== null);
  const isMerging = task.liveRun?.kind === 'MERGE';
  const question = awaitsWords(task.status) ? (task.result?.question ?? null) : null;
  const start = (move: TaskMove): void =>
    moves.start({ id: task.id, title: task.title, hasLiveRun: task.liveRun !== null, question }, move);
  const { liveRun } = task;
  const main = possible.find(({ move }) => MAIN.includes(move));
  // Nothing was changed: what is approved is what the agent said.
  const isReport = main?.move === 'approve' && !readFragment(TaskResult_RunFragment, task.result)?.headCommit;
  const beside = possible.filter(({ move }) => BESIDE.includes(move));
  // With the last word given, the merge can not be called back.
  const isLanding = isMerging && task.liveRun?.landingAt !== null;
  const rest = isLanding ? [] : possible.filter((p) => p !== main && !beside.includes(p));
  return (
    <footer className="flex shrink-0 items-center gap-2 border-t border-line bg-raised px-4 py-3 pb-[max(12px,env(safe-area-inset-bottom))] sm:px-6">
      {isMerging ? (
        <p role="status" className="flex flex-1 items-center gap-2 text-dense text-muted">
          <Spinner />
          {isLanding ? 'It is being merged' : 'Preparing the merge'}
        </p>
      ) : (
        <>
          {main ? (
            <Button variant="primary" refusal={refusal} onClick={() => start(main.move)}>
              {isReport ? <Check aria-hidden className="size-4" /> : ICONS[main.move]}
              {isReport ? 'Approve' : MOVE_WORDS[main.move]}
            </Button>
          ) : null}
          {liveRun ? (
            <StopRun
              size="md"
              variant="secondary"
              run={{
                id: liveRun.id,
                kind: liveRun.kind,
                status: liveRun.status,
                isStopping: liveRun.cancelRequestedAt !== null,
              }}
            />
          ) : null}
          {beside.map(({ move }) => (
            <Button key={move} refusal={refusal} onClick={() => start(move)}>
              {ICONS[move]}
              {question && move === 'send_back' ? 'Answer…' : MOVE_WORDS[move]}
            </Button>
          ))}
        </>
      )}
      {isLanding ? null : (
        <div className="ml-auto">
          <Menu
            label="More actions"
            align="end"
            side="top"
            trigger={
              <IconButton label="More actions">
                <MoreHorizontal aria-hidden className="size-4" />
              </IconButton>
            }
          >
            {rest.map(({ to, move }) => (
              <MenuItem
                key={move}
                icon={<TaskStatusIcon status={to} />}
                isDanger={move === 'cancel'}
                refusal={refusal}
                onSelect={() => start(move)}
              >
                {MOVE_WORDS[move]}
              </MenuItem>
            ))}
            <MenuItem
              icon={<Trash2 aria-hidden className="size-4" />}
              isDanger
              refusal={task.viewerDeleteRefusal ?? undefined}
              onSelect={() => setDeleting(true)}
            >
              Delete task…
            </MenuItem>
          </Menu>
        </div>
      )}
      <DeleteTaskDialog task={task} isOpen={isDeleting} onClose={() => setDeleting(false)} back={back} />
    </footer>
  );
}
