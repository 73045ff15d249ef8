import { clsx } from 'clsx';
import { useRef, useState, type ReactNode } from 'react';
import { Button } from './button.tsx';
import { DialogActions } from './dialog.tsx';
import { Notice } from './notice.tsx';

interface MutationFormProps {
  /**
   * Asks the API.
   * @returns what it refused, in words for people; null when there is nothing (more) to say
   */
  onSubmit(fields: FormData, form: HTMLFormElement): Promise<string | null>;
  submitLabel: ReactNode;
  isDanger?: boolean;
  isDisabled?: boolean;
  /** Why the person may not do it; undefined: he may. It stands on top from the start. */
  refusal?: string | undefined;
  /** In a dialog: the way out without doing anything. */
  cancel?: { label: string; onClick(): void };
  className?: string;
  children: ReactNode;
}

/** A form that asks the API for one thing, once at a time, and says on top why it was refused. */
export function MutationForm(props: MutationFormProps) {
  const [failure, setFailure] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  // The state is as the last rendering saw it: two key strokes can come before the next.
  const isSending = useRef(false);
  const submit = async (form: HTMLFormElement): Promise<void> => {
    if (isSending.current || props.refusal !== undefined) return;
    isSending.current = true;
    setBusy(true);
    try {
      setFailure(await props.onSubmit(new FormData(form), form));
    } finally {
      isSending.current = false;
      setBusy(false);
    }
  };
  const button = (
    <Button
      type="submit"
      variant={props.isDanger ? 'danger' : props.cancel ? 'primary' : 'secondary'}
      isBusy={isBusy}
      disabled={props.isDisabled}
      refusal={props.refusal}
    >
      {props.submitLabel}
    </Button>
  );
  return (
    <form
      className={clsx('flex flex-col gap-4', props.className)}
      onSubmit={(event) => {
        event.preventDefault();
        void submit(event.currentTarget);
      }}
      onKeyDown={(event) => {
        if (event.key === 'Enter' && (event.metaKey || event.ctrlKey)) event.currentTarget.requestSubmit();
      }}
    >
      {props.refusal === undefined ? null : <Notice kind="info">{props.refusal}</Notice>}
      {failure ? (
        <Notice kind="error" role="alert">
          {failure}
        </Notice>
      ) : null}
      {props.children}
      {props.cancel ? (
        <DialogActions>
          <Button onClick={props.cancel.onClick}>{props.cancel.label}</Button>
          {button}
        </DialogActions>
      ) : (
        <div>{button}</div>
      )}
    </form>
  );
}
