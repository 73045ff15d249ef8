import { Play } from 'lucide-react';
import { useMutation } from 'urql';
import { graphql } from '~/graphql/gql/gql.ts';
import { readFragment, type FragmentType } from '~/graphql/gql/fragment-masking.ts';
import { mutationFailure } from '~/graphql/mutation-failure.ts';
import { Button } from '../ui/button.tsx';
import { Spinner } from '../ui/spinner.tsx';
import { showToast } from '../ui/toast-store.ts';
import { Tooltip } from '../ui/tooltip.tsx';
import { useRefusal } from './project-rights.tsx';

export const OrchestratorButton_CycleFragment = graphql(`
  fragment OrchestratorButton_Cycle on OrchestratorCycle {
    id
    status
    phase
    error
    finishedAt
    createdAt
  }
`);

const RunOrchestrator_Mutation = graphql(`
  mutation RunOrchestrator($input: RunOrchestratorInput!) {
    runOrchestrator(input: $input) {
      __typename
      ... on RunOrchestratorPayload {
        cycle {
          ...OrchestratorButton_Cycle
        }
      }
      ...MutationFailure_UserError
    }
  }
`);

const PHASES = [
  'STARTED',
  'LOADED_STATE',
  'VALIDATED_STATE',
  'INGESTED_INPUTS',
  'PLANNED_TASKS',
  'SCHEDULED_RUNS',
  'UPDATED_STATE',
  'COMPLETED',
] as const;
const PHASE_WORDS: Record<(typeof PHASES)[number], string> = {
  STARTED: 'Starting',
  LOADED_STATE: 'Reading the state',
  VALIDATED_STATE: 'Checking the state',
  INGESTED_INPUTS: 'Reading messages',
  PLANNED_TASKS: 'Planning',
  SCHEDULED_RUNS: 'Scheduling runs',
  UPDATED_STATE: 'Writing the state',
  COMPLETED: 'Done',
};

export interface CycleProgress {
  isActive: boolean;
  /** What it is doing, in words. */
  words: string;
  /** Share of the phases that are behind it. */
  share: number;
  error: string | null;
}

/** How far the newest cycle is. */
export function useCycleProgress(
  masked: FragmentType<typeof OrchestratorButton_CycleFragment> | null | undefined,
): CycleProgress {
  const cycle = readFragment(OrchestratorButton_CycleFragment, masked);
  if (!cycle) return { isActive: false, words: 'Run orchestrator', share: 0, error: null };
  const isActive = cycle.status === 'PENDING' || cycle.status === 'RUNNING';
  const step = cycle.phase ? PHASES.indexOf(cycle.phase) + 1 : 0;
  return {
    isActive,
    words: isActive ? (cycle.phase ? PHASE_WORDS[cycle.phase] : 'Waiting') : 'Run orchestrator',
    share: step / PHASES.length,
    error: cycle.error,
  };
}

/** Starts a cycle and says which phase it is in. */
export function OrchestratorButton({ projectId, progress }: { projectId: string; progress: CycleProgress }) {
  const refusal = useRefusal('TASK_WRITE');
  const [{ fetching }, run] = useMutation(RunOrchestrator_Mutation);
  const start = async (): Promise<void> => {
    const failure = mutationFailure(await run({ input: { projectId } }));
    if (failure) showToast({ kind: 'error', text: failure });
  };
  const isBusy = fetching || progress.isActive;
  return (
    <Tooltip
      text={
        progress.error
          ? `The last cycle failed: ${progress.error}`
          : 'Reads new messages, plans tasks, schedules runs. It also starts by itself.'
      }
      keys="o"
      isOff={refusal !== undefined}
    >
      <Button
        onClick={() => void start()}
        refusal={refusal}
        aria-label={isBusy ? `Orchestrator: ${progress.words}` : 'Run orchestrator'}
        className="max-sm:w-8 max-sm:px-0 sm:min-w-40"
      >
        {isBusy ? <Spinner /> : <Play aria-hidden className="size-3.5" />}
        <span className="max-sm:sr-only">{progress.words}</span>
      </Button>
    </Tooltip>
  );
}

/** The phases as a thin line under the top bar; nothing when nothing happens. */
export function OrchestratorLine({ progress }: { progress: CycleProgress }) {
  return (
    <div aria-hidden className="absolute inset-x-0 -bottom-px z-10 h-0.5 overflow-hidden">
      <div
        className="h-full origin-left bg-accent transition-[transform,opacity] duration-150 ease-out"
        style={{
          transform: `scaleX(${progress.isActive ? Math.max(0.06, progress.share) : 1})`,
          opacity: progress.isActive ? 1 : 0,
        }}
      />
    </div>
  );
}
