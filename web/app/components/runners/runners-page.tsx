import { MoreHorizontal, Plus, Server } from 'lucide-react';
import { useState } from 'react';
import { useMutation } from 'urql';
import { graphql } from '~/graphql/gql/gql.ts';
import { apiErrorFacts } from '~/graphql/api-error.ts';
import { mutationFailure } from '~/graphql/mutation-failure.ts';
import { usePolledQuery } from '~/graphql/use-polled-query.ts';
import { useDocumentTitle } from '~/lib/use-document-title.ts';
import { PageBody, PageHeader } from '../frame/page-header.tsx';
import { OutOfDateNotice } from './out-of-date-notice.tsx';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { ErrorState } from '../ui/error-state.tsx';
import { SkeletonLines } from '../ui/skeleton.tsx';
import { showToast } from '../ui/toast-store.ts';
import { CreateRunnerDialog } from './create-runner-dialog.tsx';
import { RunnerItem } from './runner-item.tsx';
import { SecretOnce } from './secret-once.tsx';
import { SettingsList } from '../settings/settings-section.tsx';

export const Runners_Query = graphql(`
  query Runners {
    viewer {
      id
      isAdmin
    }
    runners(first: 100) {
      nodes {
        id
        revision
        ...RunnerItem_Runner
      }
    }
  }
`);

const RotateRunnerToken_Mutation = graphql(`
  mutation RotateRunnerToken($input: RotateRunnerTokenInput!) {
    rotateRunnerToken(input: $input) {
      __typename
      ... on RotateRunnerTokenPayload {
        token
        runner {
          id
          revision
        }
      }
      ...MutationFailure_UserError
    }
  }
`);

/** The machines that do the work. */
export function RunnersPage() {
  useDocumentTitle('Runners');
  const { data, error, refetch, isOutOfDate } = usePolledQuery(Runners_Query, {});
  const [isCreating, setCreating] = useState(false);
  const [secret, setSecret] = useState<string | null>(null);
  const [, rotate] = useMutation(RotateRunnerToken_Mutation);
  const isAdmin = data?.viewer?.isAdmin ?? false;
  const rotateToken = async (runnerId: string): Promise<void> => {
    const result = await rotate({ input: { runnerId } });
    const failure = mutationFailure(result);
    if (failure) showToast({ kind: 'error', text: failure });
    else if (result.data?.rotateRunnerToken?.__typename === 'RotateRunnerTokenPayload')
      setSecret(result.data.rotateRunnerToken.token);
  };
  const create = isAdmin ? (
    <Button variant="primary" onClick={() => setCreating(true)}>
      <Plus aria-hidden className="size-4" />
      Add runner
    </Button>
  ) : null;
  return (
    <PageBody isNarrow>
      <PageHeader
        title="Runners"
        text="Programs on the machines that have your repositories. They dial out, listen on no port, and check every run against their own policy."
        actions={create}
      />
      {isOutOfDate ? <OutOfDateNotice /> : null}
      {data?.runners ? (
        data.runners.nodes.length > 0 ? (
          <SettingsList label="Runners">
            {data.runners.nodes.map((runner) => (
              <RunnerItem
                key={runner.id}
                runner={runner}
                isAdmin={isAdmin}
                moreIcon={<MoreHorizontal aria-hidden className="size-4" />}
                onRotate={(id) => void rotateToken(id)}
              />
            ))}
          </SettingsList>
        ) : (
          <EmptyState
            icon={<Server aria-hidden />}
            title="No runners"
            text="Without one, tasks are planned but nothing runs."
            action={create}
          />
        )
      ) : error ? (
        <ErrorState title="The runners could not be loaded" message={apiErrorFacts(error).message} onRetry={refetch} />
      ) : (
        <SkeletonLines count={4} label="Loading runners" />
      )}
      <CreateRunnerDialog isOpen={isCreating} onOpenChange={setCreating} onToken={setSecret} />
      <Dialog isOpen={secret !== null} onOpenChange={() => setSecret(null)} title="Runner token">
        {secret ? (
          <SecretOnce secret={secret} text="It is shown this once. Put it into the runner’s runner.json." />
        ) : null}
      </Dialog>
    </PageBody>
  );
}
