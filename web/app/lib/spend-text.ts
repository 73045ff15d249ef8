import { countText } from './count-text.ts';
import { durationText } from './time-text.ts';

interface Spend {
  runs: number;
  wallSeconds: number;
  inputTokens: number;
  outputTokens: number;
  costUsd: number;
  unknownCostRuns: number;
}

/** `$5.02`; small sums with four digits, so that they are not nothing. */
export function usdText(usd: number): string {
  return `$${usd.toFixed(usd > 0 && usd < 0.1 ? 4 : 2)}`;
}

/** What is known of the cost, and how much is not: a cost that is not known is never shown as none. */
export function costText({ runs, costUsd, unknownCostRuns }: Spend): string {
  if (unknownCostRuns === 0) return usdText(costUsd);
  if (unknownCostRuns === runs) return `${countText(runs, 'run')} whose cost is not known`;
  return `${usdText(costUsd)} and ${countText(unknownCostRuns, 'run')} whose cost is not known`;
}

/** `$5.02 · 3 runs · 1:04:09 · 12,000 tokens` */
export function spendText(spend: Spend): string {
  const tokens = spend.inputTokens + spend.outputTokens;
  return [
    spend.unknownCostRuns === spend.runs && spend.runs > 0 ? 'cost not known' : costText(spend),
    countText(spend.runs, 'run'),
    durationText(spend.wallSeconds * 1_000),
    ...(tokens > 0 ? [countText(tokens, 'token')] : []),
  ].join(' · ');
}
