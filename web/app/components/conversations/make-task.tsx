import { ListPlus } from 'lucide-react';
import { useMutation } from 'urql';
import { graphql } from '~/graphql/gql/gql.ts';
import { mutationFailure } from '~/graphql/mutation-failure.ts';
import { useRefusal } from '../frame/project-rights.tsx';
import { Button } from '../ui/button.tsx';
import { showToast } from '../ui/toast-store.ts';

const MakeTaskOfMessage_Mutation = graphql(`
  mutation MakeTaskOfMessage($input: MakeTaskOfMessageInput!) {
    makeTaskOfMessage(input: $input) {
      __typename
      ... on MakeTaskOfMessagePayload {
        task {
          id
          revision
        }
        answer {
          id
          revision
          ...ChatMessage_Message
        }
      }
      ...MutationFailure_UserError
    }
  }
`);

/** Under an answer that made no task: what was said can be made one all the same. */
export function MakeTask({ messageId }: { messageId: string }) {
  const refusal = useRefusal('TASK_WRITE');
  const [{ fetching }, makeTask] = useMutation(MakeTaskOfMessage_Mutation);
  const make = async (): Promise<void> => {
    const failure = mutationFailure(await makeTask({ input: { messageId } }));
    if (failure) showToast({ kind: 'error', text: `No task made: ${failure}` });
  };
  return (
    <Button className="mt-2" size="sm" isBusy={fetching} refusal={refusal} onClick={() => void make()}>
      <ListPlus aria-hidden className="size-4" />
      Make it a task
    </Button>
  );
}
