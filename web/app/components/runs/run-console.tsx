import { Square } from 'lucide-react';
import { useMutation } from 'urql';
import { graphql } from '~/graphql/gql/gql.ts';
import { readFragment, type FragmentType } from '~/graphql/gql/fragment-masking.ts';
import { mutationFailure } from '~/graphql/mutation-failure.ts';
import { LogConsole } from '../console/log-console.tsx';
import { Button } from '../ui/button.tsx';
import { showToast } from '../ui/toast-store.ts';
import { useRunLog } from './run-log.ts';
import { RunRow_RunFragment } from './run-row.tsx';
import { isLiveRun, isRunning } from './run-status.tsx';

const CancelRun_Mutation = graphql(`
  mutation CancelRun($runId: ID!) {
    cancelRun(runId: $runId) {
      __typename
      ... on CancelRunPayload {
        run {
          id
          status
          cancelRequestedAt
        }
      }
      ... on UserError {
        code
        message
      }
    }
  }
`);

/** The log of one run, with what can be done about it. */
export function RunConsole({ run: masked }: { run: FragmentType<typeof RunRow_RunFragment> }) {
  const run = readFragment(RunRow_RunFragment, masked);
  const isLive = isLiveRun(run.status);
  const store = useRunLog(run.id, { lineCount: run.lineCount, isLive });
  return (
    <LogConsole
      key={run.id}
      store={store}
      isLive={isLive}
      label={`Log of ${run.task?.title ?? 'maintenance'}, attempt ${run.attempt}`}
      downloadHref={`/files/runs/${run.id}/log.txt`}
      emptyTitle={run.status === 'PENDING' ? 'Waiting to start' : isLive ? 'Started' : 'No output'}
      emptyText={run.status === 'PENDING' ? (run.waitingReason ?? 'A runner takes it in a moment.') : isLive ? 'The first line appears as soon as it is written.' : (run.message ?? 'This run wrote nothing.')}
      header={isRunning(run.status) && run.landingAt === null ? <StopButton runId={run.id} isStopping={run.cancelRequestedAt !== null} /> : undefined}
    />
  );
}

function StopButton({ runId, isStopping }: { runId: string; isStopping: boolean }) {
  const [{ fetching }, cancel] = useMutation(CancelRun_Mutation);
  const stop = async (): Promise<void> => {
    const failure = mutationFailure(await cancel({ runId }));
    if (failure) showToast({ kind: 'error', text: failure });
  };
  return (
    <Button size="sm" variant="ghost" isBusy={fetching || isStopping} onClick={() => void stop()} title="Stops the program; its log is kept">
      {fetching || isStopping ? null : <Square aria-hidden className="size-3 fill-current" />}
      {isStopping ? 'Stopping' : 'Stop'}
    </Button>
  );
}
