import type { RunMetrics } from '#contract/run-result.ts';
import type { Tx } from '#core/platform/in-transaction.ts';
import type { AgentRun, Prisma } from '#prisma/generated/client/client.ts';

const TOKENS_OF_A_PRICE = 1_000_000;
/** Past it a figure is a program's mistake, and the cost is not known. */
const MAX_COST_USD = 10_000_000;

type RunUse = Pick<
  Prisma.AgentRunUncheckedUpdateInput,
  'inputTokens' | 'cachedInputTokens' | 'outputTokens' | 'costUsd' | 'costIsEstimated'
>;

type Counted = Pick<RunMetrics, 'inputTokens' | 'cachedInputTokens' | 'outputTokens' | 'costUsd'>;

/**
 * What a run has used, as numbers: the cost that its program reports, else its tokens by the price of its model
 * when it started, else none. What is not known stays unknown and is never 0.
 */
export async function useOfRun(tx: Tx, run: AgentRun, metrics: Counted | null): Promise<RunUse> {
  if (!metrics) return {};
  const { inputTokens, cachedInputTokens, outputTokens, costUsd: reported } = metrics;
  const found = reported ?? (await estimate(tx, run, metrics));
  const costUsd = found !== null && found <= MAX_COST_USD ? found : null;
  return {
    inputTokens,
    cachedInputTokens,
    outputTokens,
    costUsd,
    costIsEstimated: costUsd === null ? null : reported === null,
  };
}

async function estimate(tx: Tx, { model, startedAt }: AgentRun, metrics: Counted): Promise<number | null> {
  const { inputTokens, outputTokens } = metrics;
  if (model === null || startedAt === null || inputTokens === null || outputTokens === null) return null;
  const price = await tx.db.modelPrice.findFirst({
    where: { model, validFrom: { lte: startedAt } },
    orderBy: { validFrom: 'desc' },
  });
  if (!price) return null;
  // Those from the cache are among the others.
  const cached = Math.min(metrics.cachedInputTokens ?? 0, inputTokens);
  const usd =
    (inputTokens - cached) * Number(price.inputUsd) +
    cached * Number(price.cachedInputUsd) +
    outputTokens * Number(price.outputUsd);
  return usd / TOKENS_OF_A_PRICE;
}
