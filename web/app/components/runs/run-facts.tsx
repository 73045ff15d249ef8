import { ShieldOff } from 'lucide-react';
import { graphql } from '~/graphql/gql/gql.ts';
import { readFragment, type FragmentType } from '~/graphql/gql/fragment-masking.ts';
import { countText } from '~/lib/count-text.ts';
import { usdText } from '~/lib/spend-text.ts';
import { sandboxText } from '~/lib/sandbox-text.ts';
import { RunStatusIcon } from './run-status.tsx';

export const RunFacts_RunFragment = graphql(`
  fragment RunFacts_Run on Run {
    id
    revision
    status
    reason
    landingIsMerged
    message
    summary
    exitCode
    isResumed
    metrics
    costUsd
    costIsEstimated
    lineCount
    sandboxNote
  }
`);

interface Metrics {
  wallSeconds?: number;
  cpuSeconds?: number | null;
  peakMemoryBytes?: number | null;
  inputTokens?: number | null;
  outputTokens?: number | null;
}

const amountText = (count: number): string => count.toLocaleString('en-US');

/** How a run ended and what it took. */
export function RunFacts({ run: masked }: { run: FragmentType<typeof RunFacts_RunFragment> }) {
  const run = readFragment(RunFacts_RunFragment, masked);
  const metrics = (run.metrics ?? {}) as Metrics;
  const figures = [
    run.isResumed ? 'In the session of the attempt before' : null,
    run.exitCode === null ? null : `Exit code ${run.exitCode}`,
    metrics.cpuSeconds ? `${metrics.cpuSeconds.toFixed(1)} s CPU` : null,
    metrics.peakMemoryBytes ? `${Math.round(metrics.peakMemoryBytes / 1024 / 1024)} MB at most` : null,
    run.lineCount > 0 ? countText(run.lineCount, 'line') : null,
    metrics.inputTokens || metrics.outputTokens
      ? `${amountText(metrics.inputTokens ?? 0)} tokens in, ${amountText(metrics.outputTokens ?? 0)} out`
      : null,
    run.costUsd !== null
      ? `${usdText(run.costUsd)}${run.costIsEstimated ? ' (estimated)' : ''}`
      : metrics.inputTokens || metrics.outputTokens
        ? 'cost not known'
        : null,
  ].filter((figure) => figure !== null);
  const text = run.message ?? run.summary;
  if (!text && figures.length === 0 && !run.sandboxNote) return null;
  return (
    <div className="shrink-0 border-b border-line px-4 py-2.5 text-dense sm:px-6">
      {text ? (
        <p className="title-wrap flex items-start gap-2">
          <RunStatusIcon run={run} isAlone className="mt-0.5" />
          <span className="line-clamp-4 whitespace-pre-wrap">{text}</span>
        </p>
      ) : null}
      {figures.length > 0 ? <p className="tabular mt-1 pl-5.5 text-xs text-muted">{figures.join(' · ')}</p> : null}
      {run.sandboxNote ? (
        <p className="title-wrap mt-1 flex items-start gap-1.5 pl-5.5 text-xs text-muted">
          <ShieldOff aria-hidden className="mt-0.5 size-3 shrink-0 text-blocked" />
          {sandboxText(run.sandboxNote)}
        </p>
      ) : null}
    </div>
  );
}
