import { useEffect, useState } from 'react';
import { useClient } from 'urql';
import { graphql } from '~/graphql/gql/gql.ts';
import { mutationFailure } from '~/graphql/mutation-failure.ts';

const CheckRepository_Mutation = graphql(`
  mutation CheckRepository($input: CheckRepositoryInput!) {
    checkRepository(input: $input) {
      __typename
      ... on CheckRepositoryPayload {
        check {
          problem
          message
          root
        }
      }
      ... on InvalidInputError {
        fields {
          message
        }
      }
      ...MutationFailure_UserError
    }
  }
`);

/** After the last key. */
const TYPING_MS = 350;
const MAX_RUNNERS_ASKED = 5;

export interface PathCheck {
  path: string;
  /** The runner that has it; null: none, or there is nothing to say yet. */
  runnerId: string | null;
  /** Where the repository starts; null: there is none. */
  root: string | null;
  message: string;
  isUsable: boolean;
}

/** Has the runners that are online look at a typed path while it is being typed. Null: nothing was asked, or no answer yet. */
export function usePathCheck(path: string | null, runnerIds: readonly string[]): PathCheck | null {
  const client = useClient();
  const [check, setCheck] = useState<PathCheck | null>(null);
  const asked = runnerIds.slice(0, MAX_RUNNERS_ASKED).join(' ');
  useEffect(() => {
    if (path === null) return;
    let isOver = false;
    const look = async (): Promise<void> => {
      const answers = await Promise.all(
        asked
          .split(' ')
          .filter(Boolean)
          .map((runnerId) => askOne(client, runnerId, path)),
      );
      if (!isOver) setCheck(choose(path, answers));
    };
    const timer = setTimeout(() => void look(), TYPING_MS);
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, [client, path, asked]);
  return check?.path === path ? check : null;
}

interface Answer extends PathCheck {
  isOutside: boolean;
}

async function askOne(client: ReturnType<typeof useClient>, runnerId: string, path: string): Promise<Answer> {
  const result = await client.mutation(CheckRepository_Mutation, { input: { runnerId, path } });
  const answer = result.data?.checkRepository;
  // The field that it is about is the one that it stands under.
  const failure =
    answer?.__typename === 'InvalidInputError'
      ? answer.fields.map(({ message }) => message).join('. ')
      : mutationFailure(result);
  if (failure !== null || answer?.__typename !== 'CheckRepositoryPayload')
    return {
      path,
      runnerId: null,
      root: null,
      message: failure ?? 'The runner has not answered.',
      isUsable: false,
      isOutside: false,
    };
  const { problem, message, root } = answer.check;
  return {
    path,
    root,
    runnerId: problem === null ? runnerId : null,
    message,
    isUsable: problem === null,
    isOutside: problem === 'OUTSIDE_ROOTS',
  };
}

/** One machine that has it is enough; of several refusals the one that says most. */
function choose(path: string, answers: Answer[]): PathCheck {
  return (
    answers.find(({ isUsable }) => isUsable) ??
    answers.find(({ isOutside }) => !isOutside) ??
    answers[0] ?? {
      path,
      runnerId: null,
      root: null,
      message: 'No runner is online that could look at this path.',
      isUsable: false,
    }
  );
}
