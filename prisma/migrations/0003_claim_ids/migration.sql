-- The id under which a run was claimed: the same claim again is answered with the same run.
ALTER TABLE "agent_runs" ADD COLUMN "claim_id" UUID;
CREATE UNIQUE INDEX "agent_runs_claim_id_key" ON "agent_runs"("claim_id");
