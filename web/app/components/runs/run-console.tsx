import { ListTree, SquareTerminal } from 'lucide-react';
import { useEffect, useRef, type MutableRefObject } from 'react';
import { useShortcuts } from '~/lib/shortcuts.ts';
import type { RunRow_RunFragment as ShownRun } from '~/graphql/gql/graphql.ts';
import { readFragment, type FragmentType } from '~/graphql/gql/fragment-masking.ts';
import { useWaitingReason } from '~/graphql/waiting-reasons.ts';
import { countText } from '~/lib/count-text.ts';
import { usePreferences } from '~/lib/use-preferences.tsx';
import { ActivityView } from './activity/activity-view.tsx';
import { LogConsole } from './console/log-console.tsx';
import { Button } from '../ui/button.tsx';
import { RemovedNotice } from '../ui/removed-notice.tsx';
import { Tooltip } from '../ui/tooltip.tsx';
import { useRunLog } from './run-log.ts';
import { RunRow_RunFragment } from './run-row.tsx';
import { hasLostRunner, isLiveRun } from './run-status.tsx';
import { StopRun } from './stop-run.tsx';
import { RunTalk } from './talk/run-talk.tsx';

/** What the agent of one run does, or what it wrote, with what can be done about it; and what is said between it and people. */
export function RunConsole({ run: masked }: { run: FragmentType<typeof RunRow_RunFragment> }) {
  const run = readFragment(RunRow_RunFragment, masked);
  return (
    <>
      <Output run={run} />
      {run.takesInput ? <RunTalk key={run.id} runId={run.id} /> : null}
    </>
  );
}

function Output({ run }: { run: ShownRun }) {
  const { isOutputRaw } = usePreferences().preferences;
  // Each view has a switch of its own: the focus goes from the one to the other.
  const isClicked = useRef(false);
  if (run.logRemovedAt)
    return (
      <RemovedNotice
        what="Log"
        at={run.logRemovedAt}
        text={`It had ${countText(run.lineCount, 'line')}.${run.message ? ` The run ended so: ${run.message}` : ''}`}
      />
    );
  // Of an agent whose output nobody reads there is nothing but its lines.
  return run.activityCount > 0 && !isOutputRaw ? (
    <ActivityView
      key={run.id}
      runId={run.id}
      isLive={isLiveRun(run.status)}
      label={`Activity of ${titleOf(run)}`}
      header={
        <>
          <StopLiveRun run={run} />
          <OutputSwitch isClicked={isClicked} />
        </>
      }
    />
  ) : (
    <StoredLog key={run.id} run={run} isClicked={isClicked} />
  );
}

function StoredLog({ run, isClicked }: { run: ShownRun; isClicked: MutableRefObject<boolean> }) {
  useWaitingReason({ type: 'run', id: run.id }, run.status === 'PENDING');
  const isLive = isLiveRun(run.status);
  const store = useRunLog(run.id, { lineCount: run.lineCount, mayGrow: isLive || hasLostRunner(run) });
  return (
    <LogConsole
      key={run.id}
      store={store}
      marksStderr={run.reader === 'PLAIN'}
      isLive={isLive}
      label={`Log of ${titleOf(run)}`}
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
        <>
          <StopLiveRun run={run} />
          {run.activityCount > 0 ? <OutputSwitch isClicked={isClicked} /> : null}
        </>
      }
    />
  );
}

const titleOf = (run: ShownRun): string => `${run.task?.title ?? 'maintenance'}, attempt ${run.attempt}`;

function StopLiveRun({ run }: { run: ShownRun }) {
  if (!isLiveRun(run.status) || run.landingAt !== null) return null;
  return (
    <StopRun run={{ id: run.id, kind: run.kind, status: run.status, isStopping: run.cancelRequestedAt !== null }} />
  );
}

/** Between what the agent does and what it wrote; the choice is remembered, for every run. */
function OutputSwitch({ isClicked }: { isClicked: MutableRefObject<boolean> }) {
  const { preferences, setPreferences } = usePreferences();
  const { isOutputRaw } = preferences;
  const change = (): void => setPreferences({ isOutputRaw: !isOutputRaw });
  useShortcuts([{ keys: 'v', label: 'Switch between activity and raw output', run: change }]);
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (isClicked.current) button.current?.focus({ preventScroll: true });
    isClicked.current = false;
  }, [isClicked]);
  const Icon = isOutputRaw ? ListTree : SquareTerminal;
  return (
    <Tooltip text={isOutputRaw ? 'What the agent does' : 'Every line, as it was written'} keys="v">
      <Button
        ref={button}
        variant="ghost"
        size="sm"
        onClick={() => {
          isClicked.current = true;
          change();
        }}
      >
        <Icon aria-hidden className="size-3.5" />
        {isOutputRaw ? 'Activity' : 'Raw output'}
      </Button>
    </Tooltip>
  );
}
