import { Link, useSearchParams } from '@remix-run/react';
import { Maximize2, X } from 'lucide-react';
import { buttonClass, IconButton } from '../ui/button.tsx';
import { Sheet } from '../ui/sheet.tsx';
import { Tooltip } from '../ui/tooltip.tsx';
import { TaskDetail } from './task-detail.tsx';
import { TaskTitle } from './task-title.tsx';

/** A task over the board; which one stands in the address, so that it can be shared and the back button closes it. */
export default function TaskSheet({ projectId }: { projectId: string }) {
  const [params, setParams] = useSearchParams();
  const taskId = params.get('task');
  const close = (): void =>
    setParams(
      (current) => {
        current.delete('task');
        return current;
      },
      { preventScrollReset: true },
    );
  if (!taskId) return null;
  const without = new URLSearchParams(params);
  without.delete('task');
  return (
    <Sheet isOpen onClose={close} label="Task">
      <TaskDetail
        key={taskId}
        taskId={taskId}
        isSheet
        back={{ search: without.toString() }}
        header={(task) => (
          <header className="flex shrink-0 items-start gap-3 px-4 pb-2 pt-4 sm:px-6">
            <TaskTitle task={task} level="h2" />
            <div className="ml-auto flex shrink-0 items-center gap-1">
              {task === 'missing' ? null : (
                <Tooltip text="Open as a page">
                  <Link
                    to={`/projects/${projectId}/tasks/${taskId}`}
                    aria-label="Open as a page"
                    className={buttonClass({ variant: 'ghost', size: 'sm', isIcon: true })}
                  >
                    <Maximize2 aria-hidden className="size-3.5" />
                  </Link>
                </Tooltip>
              )}
              <IconButton size="sm" label="Close" onClick={close}>
                <X aria-hidden className="size-4" />
              </IconButton>
            </div>
          </header>
        )}
      />
    </Sheet>
  );
}
