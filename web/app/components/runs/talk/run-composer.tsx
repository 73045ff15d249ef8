import { ArrowUp } from 'lucide-react';
import { useRef } from 'react';
import { useMutation } from 'urql';
import { MAX_MESSAGE_CHARS } from '#contract/limits.ts';
import { graphql } from '~/graphql/gql/gql.ts';
import { mutationFailure } from '~/graphql/mutation-failure.ts';
import { useDraft } from '~/lib/use-draft.ts';
import { useRefusal } from '../../frame/project-rights.tsx';
import { IconButton } from '../../ui/button.tsx';
import { showToast } from '../../ui/toast-store.ts';

const SendRunMessage_Mutation = graphql(`
  mutation SendRunMessage($input: SendRunMessageInput!) {
    sendRunMessage(input: $input) {
      __typename
      ... on SendRunMessagePayload {
        message {
          id
          revision
        }
      }
      ...MutationFailure_UserError
    }
  }
`);

/** Says something to an agent while it works. What was not taken stays in the field. */
export function RunComposer({ runId }: { runId: string }) {
  const [text, setText] = useDraft(`run ${runId}`);
  const refusal = useRefusal('TASK_WRITE');
  const [{ fetching }, sendMessage] = useMutation(SendRunMessage_Mutation);
  const field = useRef<HTMLTextAreaElement>(null);
  const send = async (): Promise<void> => {
    if (text.trim() === '' || fetching) return;
    const failure = mutationFailure(await sendMessage({ input: { runId, text: text.trim() } }));
    if (failure) showToast({ kind: 'error', text: `Not sent: ${failure}` });
    else setText('');
    field.current?.focus();
  };
  return (
    <form
      className="flex shrink-0 items-end gap-2 border-t border-line p-2"
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      <textarea
        ref={field}
        rows={1}
        value={text}
        maxLength={MAX_MESSAGE_CHARS}
        aria-label="Message to the agent"
        placeholder={refusal ?? 'Message to the agent'}
        disabled={refusal !== undefined}
        title={refusal}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== 'Enter' || !(event.metaKey || event.ctrlKey) || event.nativeEvent.isComposing) return;
          event.preventDefault();
          void send();
        }}
        className="field-sizing-content max-h-32 min-w-0 flex-1 resize-none rounded-control border border-field bg-raised px-2.5 py-1.5 text-dense placeholder:text-faint"
      />
      <IconButton
        type="submit"
        label="Send to the agent"
        variant="primary"
        size="md"
        disabled={text.trim() === '' || refusal !== undefined || fetching}
      >
        <ArrowUp aria-hidden className="size-4" />
      </IconButton>
    </form>
  );
}
