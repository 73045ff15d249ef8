import type { RunRow_RunFragment as ShownRun } from '~/graphql/gql/graphql.ts';
import { readFragment, type FragmentType } from '~/graphql/gql/fragment-masking.ts';
import { useWaitingReason } from '~/graphql/waiting-reasons.ts';
import { countText } from '~/lib/count-text.ts';
import { LogConsole } from './console/log-console.tsx';
import { RemovedNotice } from '../ui/removed-notice.tsx';
import { useRunLog } from './run-log.ts';
import { RunRow_RunFragment } from './run-row.tsx';
import { hasLostRunner, isLiveRun } from './run-status.tsx';
import { StopRun } from './stop-run.tsx';

/** The log of one run, with what can be done about it. */
export function RunConsole({ run: masked }: { run: FragmentType<typeof RunRow_RunFragment> }) {
  const run = readFragment(RunRow_RunFragment, masked);
  if (run.logRemovedAt)
    return (
      <RemovedNotice
        what="Log"
        at={run.logRemovedAt}
        text={`It had ${countText(run.lineCount, 'line')}.${run.message ? ` The run ended so: ${run.message}` : ''}`}
      />
    );
  return <StoredLog key={run.id} run={run} />;
}

function StoredLog({ run }: { run: ShownRun }) {
  useWaitingReason({ type: 'run', id: run.id }, run.status === 'PENDING');
  const isLive = isLiveRun(run.status);
  const store = useRunLog(run.id, { lineCount: run.lineCount, mayGrow: isLive || hasLostRunner(run) });
  return (
    <LogConsole
      key={run.id}
      store={store}
      marksStderr={run.reader === 'PLAIN'}
      isLive={isLive}
      label={`Log of ${run.task?.title ?? 'maintenance'}, attempt ${run.attempt}`}
      downloadHref={`/files/runs/${run.id}/log.txt`}
      emptyTitle={run.status === 'PENDING' ? 'Waiting to start' : isLive ? 'Started' : 'No output'}
      emptyText={
        run.status === 'PENDING'
          ? (run.waitingReason ?? 'A runner takes it in a moment.')
          : isLive
            ? 'The first line appears as soon as it is written.'
            : (run.message ?? 'This run wrote nothing.')
      }
      header={
        isLive && run.landingAt === null ? (
          <StopRun
            run={{ id: run.id, kind: run.kind, status: run.status, isStopping: run.cancelRequestedAt !== null }}
          />
        ) : undefined
      }
    />
  );
}
