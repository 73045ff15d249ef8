import { useMutation } from 'urql';
import { graphql } from '~/graphql/gql/gql.ts';
import type { PermissionDecision } from '~/graphql/gql/graphql.ts';
import { mutationFailure } from '~/graphql/mutation-failure.ts';
import { useRefusal } from '../../frame/project-rights.tsx';
import { Button } from '../../ui/button.tsx';
import { showToast } from '../../ui/toast-store.ts';

const AnswerPermission_Mutation = graphql(`
  mutation AnswerPermission($input: AnswerPermissionInput!) {
    answerPermission(input: $input) {
      __typename
      ... on AnswerPermissionPayload {
        permission {
          id
          revision
          status
          answeredBy
          answeredAt
        }
      }
      ...MutationFailure_UserError
    }
  }
`);

/** What can be said to a question of an agent. @param about what it is about, for those who hear the buttons alone */
export function AnswerButtons({ permissionId, about }: { permissionId: string; about: string }) {
  const refusal = useRefusal('TASK_WRITE');
  const [{ fetching }, send] = useMutation(AnswerPermission_Mutation);
  const answer = async (decision: PermissionDecision): Promise<void> => {
    const failure = mutationFailure(await send({ input: { permissionId, decision } }));
    if (failure) showToast({ kind: 'error', text: failure });
  };
  const button = { size: 'sm', isBusy: fetching, refusal } as const;
  return (
    <div className="flex flex-wrap gap-2">
      <Button
        {...button}
        variant="primary"
        aria-label={`Allow once: ${about}`}
        onClick={() => void answer('ALLOW_ONCE')}
      >
        Allow once
      </Button>
      <Button {...button} aria-label={`Deny: ${about}`} onClick={() => void answer('DENY')}>
        Deny
      </Button>
    </div>
  );
}
