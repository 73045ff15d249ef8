import type { Usage } from './fold-activity.ts';

const dollars = new Intl.NumberFormat('en', { style: 'currency', currency: 'USD', maximumFractionDigits: 4 });
const tokens = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });

/** What the run has used until now, in one line. */
export function UsageLine({ usage }: { usage: Usage }) {
  const { inputTokens, cachedInputTokens, outputTokens, costUsd } = usage;
  const cached = cachedInputTokens > 0 ? ` (${tokens.format(cachedInputTokens)} from the cache)` : '';
  return (
    <p className="tabular truncate border-t border-line px-3 py-1 text-xs text-faint">
      {tokens.format(inputTokens)} tokens in{cached}, {tokens.format(outputTokens)} out
      {costUsd === null ? '' : `, ${dollars.format(costUsd)}`}
    </p>
  );
}
