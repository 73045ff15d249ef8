-- What models cost, each price from its day on.
CREATE TABLE "model_prices" (
  "id" UUID NOT NULL,
  "model" TEXT NOT NULL,
  "valid_from" DATE NOT NULL,
  "input_usd" DECIMAL(12,6) NOT NULL,
  "cached_input_usd" DECIMAL(12,6) NOT NULL,
  "output_usd" DECIMAL(12,6) NOT NULL,
  "changed_by" TEXT NOT NULL,
  "updated_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT "model_prices_pkey" PRIMARY KEY ("id"),
  CONSTRAINT "model_prices_not_negative" CHECK ("input_usd" >= 0 AND "cached_input_usd" >= 0 AND "output_usd" >= 0)
);
CREATE UNIQUE INDEX "model_prices_model_valid_from_key" ON "model_prices" ("model", "valid_from");
CREATE INDEX "model_prices_model_id_idx" ON "model_prices" ("model", "id");

-- What a run has used, as numbers that can be summed. Null: not known, which is not 0.
ALTER TABLE "agent_runs" ADD COLUMN "model" TEXT;
ALTER TABLE "agent_runs" ADD COLUMN "input_tokens" BIGINT;
ALTER TABLE "agent_runs" ADD COLUMN "cached_input_tokens" BIGINT;
ALTER TABLE "agent_runs" ADD COLUMN "output_tokens" BIGINT;
ALTER TABLE "agent_runs" ADD COLUMN "cost_usd" DECIMAL(14,6);
ALTER TABLE "agent_runs" ADD COLUMN "cost_is_estimated" BOOLEAN;

-- What earlier runs have reported; past ten million dollars it was a mistake, and the cost is not known.
UPDATE "agent_runs" SET
  "input_tokens" = ("metrics"->>'inputTokens')::bigint,
  "cached_input_tokens" = ("metrics"->>'cachedInputTokens')::bigint,
  "output_tokens" = ("metrics"->>'outputTokens')::bigint,
  "cost_usd" = CASE WHEN ("metrics"->>'costUsd')::numeric <= 10000000 THEN ("metrics"->>'costUsd')::numeric END,
  "cost_is_estimated" = CASE WHEN ("metrics"->>'costUsd')::numeric <= 10000000 THEN false END
WHERE coalesce("metrics"->>'inputTokens', "metrics"->>'outputTokens', "metrics"->>'costUsd') IS NOT NULL;
