import { useState } from 'react';
import { useMutation } from 'urql';
import { graphql } from '~/graphql/gql/gql.ts';
import type { StateQuery } from '~/graphql/gql/graphql.ts';
import { mutationFailure } from '~/graphql/mutation-failure.ts';
import { Button } from '../ui/button.tsx';
import { Notice } from '../ui/notice.tsx';
import { showToast } from '../ui/toast-store.ts';

const SaveState_Mutation = graphql(`
  mutation SaveState($input: SaveStateInput!) {
    saveState(input: $input) {
      __typename
      ... on SaveStatePayload {
        stateVersion {
          id
          version
        }
      }
      ... on UserError {
        code
        message
      }
    }
  }
`);

interface StateEditorProps {
  projectId: string;
  base: NonNullable<StateQuery['stateVersion']>;
  onDone(): void;
}

/** Editing by hand: the person's own part survives, the generated rest is written again at the next change. */
export function StateEditor({ projectId, base, onDone }: StateEditorProps) {
  // The text and the version it was taken from stay, also when a newer version comes while somebody writes.
  const [start] = useState(base);
  const [text, setText] = useState(base.content);
  const [failure, setFailure] = useState<string | null>(null);
  const [{ fetching }, save] = useMutation(SaveState_Mutation);
  const submit = async (): Promise<void> => {
    const refused = mutationFailure(
      await save({ input: { projectId, content: text, format: start.format, baseVersion: start.version } }),
    );
    if (refused) return setFailure(refused);
    showToast({ kind: 'info', text: 'Saved as a new version' });
    onDone();
  };
  return (
    <form
      className="flex min-h-0 flex-1 flex-col"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <header className="flex shrink-0 flex-wrap items-center gap-2 border-b border-line px-4 py-2.5 sm:px-6">
        <h2 className="font-semibold">Edit version {start.version}</h2>
        <div className="ml-auto flex gap-2">
          <Button size="sm" onClick={onDone}>
            Discard
          </Button>
          <Button size="sm" type="submit" variant="primary" isBusy={fetching} disabled={text === start.content}>
            Save version
          </Button>
        </div>
      </header>
      <div className="flex flex-col gap-2 px-4 pt-3 sm:px-6">
        {failure ? (
          <Notice kind="error" role="alert">
            {failure}
          </Notice>
        ) : base.version !== start.version ? (
          <Notice kind="warning" role="status">
            Version {base.version} was written in the meantime. Saving now will be refused; keep your words, discard,
            and edit again.
          </Notice>
        ) : (
          <Notice kind="info">
            Focus, status, pinned next actions and notes are yours and stay. The rest is generated again when something
            changes.
          </Notice>
        )}
      </div>
      <textarea
        aria-label="State document"
        value={text}
        spellCheck={false}
        onChange={(event) => setText(event.target.value)}
        className="min-h-0 flex-1 resize-none bg-transparent px-4 py-4 font-mono text-xs leading-5 focus-visible:-outline-offset-2 sm:px-6"
      />
    </form>
  );
}
