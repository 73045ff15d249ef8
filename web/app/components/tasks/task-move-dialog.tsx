import { useState } from 'react';
import { MAX_MESSAGE_CHARS, MAX_REASON_CHARS } from '#contract/limits.ts';
import type { TaskMove } from '~/lib/task-status.ts';
import { Dialog } from '../ui/dialog.tsx';
import { Field, Textarea } from '../ui/field.tsx';
import { MutationForm } from '../ui/mutation-form.tsx';

export interface MovableTask {
  id: string;
  title: string;
  hasLiveRun: boolean;
  /** What its agent asks; null, or not there: nothing. */
  question?: string | null;
}

interface Words {
  title: string;
  text: string;
  label: string | null;
  placeholder: string;
  maxChars: number;
  confirm: string;
  isDanger?: boolean;
}

const WORDS: Partial<Record<TaskMove, Words>> = {
  block: {
    title: 'Block this task',
    text: 'It waits until you unblock it. The reason is on its audit trail.',
    label: 'Why can it not go on?',
    placeholder: 'Waiting for the API key of the staging system',
    maxChars: MAX_REASON_CHARS,
    confirm: 'Block task',
  },
  send_back: {
    title: 'Send back',
    text: 'The agent runs again with what you say, on the same branch, and in the session of its last attempt where it can.',
    label: 'What should be different?',
    placeholder: 'Keep the old name of the function, and add a test for an empty list',
    maxChars: MAX_MESSAGE_CHARS,
    confirm: 'Send back',
  },
  cancel: {
    title: 'Cancel this task?',
    text: 'A canceled task can not be taken up again. What its runs have written is kept; one that works is stopped.',
    label: null,
    placeholder: '',
    maxChars: 0,
    confirm: 'Cancel task',
    isDanger: true,
  },
};

/** Sending back is how an agent is answered. */
const ANSWER: Words = {
  title: 'Answer',
  text: 'The agent goes on with your answer, on the same branch, and in the session of its last attempt where it can.',
  label: 'Your answer',
  placeholder: '',
  maxChars: MAX_MESSAGE_CHARS,
  confirm: 'Answer',
};

interface TaskMoveDialogProps {
  asked: { task: MovableTask; move: TaskMove } | null;
  onClose(): void;
  onConfirm(task: MovableTask, move: TaskMove, words: string): Promise<boolean>;
}

/** Asks for what a move needs before it is carried out. */
export function TaskMoveDialog({ asked, onClose, onConfirm }: TaskMoveDialogProps) {
  const question = asked?.move === 'send_back' ? asked.task.question : null;
  const words = question ? ANSWER : asked ? WORDS[asked.move] : undefined;
  if (!asked || !words) return null;
  return (
    <Dialog
      isOpen
      onOpenChange={(isOpen) => (isOpen ? undefined : onClose())}
      title={words.title}
      description={words.text}
    >
      <MoveForm
        key={`${asked.task.id} ${asked.move}`}
        words={words}
        about={question ?? asked.task.title}
        onClose={onClose}
        onConfirm={(text) => onConfirm(asked.task, asked.move, text)}
      />
    </Dialog>
  );
}

function MoveForm({
  words,
  about,
  onClose,
  onConfirm,
}: {
  words: Words;
  /** The task, or what its agent asks. */
  about: string;
  onClose(): void;
  onConfirm(text: string): Promise<boolean>;
}) {
  const [text, setText] = useState('');
  const [isMissing, setMissing] = useState(false);
  const submit = async (): Promise<null> => {
    if (words.label && text.trim() === '') setMissing(true);
    else if (await onConfirm(text.trim())) onClose();
    return null; // a refusal has been shown by whoever carried it out
  };
  return (
    <MutationForm
      onSubmit={submit}
      submitLabel={words.confirm}
      isDanger={words.isDanger}
      cancel={{ label: 'Back', onClick: onClose }}
    >
      <p className="title-wrap whitespace-pre-wrap rounded-control bg-active px-3 py-2 text-dense">{about}</p>
      {words.label ? (
        <Field label={words.label} error={isMissing ? 'A few words are needed' : null}>
          <Textarea
            autoFocus
            rows={4}
            value={text}
            maxLength={words.maxChars}
            placeholder={words.placeholder}
            onChange={(event) => {
              setText(event.target.value);
              setMissing(false);
            }}
          />
        </Field>
      ) : null}
    </MutationForm>
  );
}
