-- How long a project keeps what only grows; null: for ever. Events are for who was away: after a month everything is
-- loaded anew, in projects that are there already as well.
ALTER TABLE "projects"
  ADD COLUMN "run_log_days" INTEGER,
  ADD COLUMN "event_days" INTEGER DEFAULT 30,
  ADD COLUMN "artifact_days" INTEGER,
  ADD CONSTRAINT "projects_retention_range" CHECK (
    coalesce("run_log_days", 1) BETWEEN 1 AND 36500 AND coalesce("event_days", 1) BETWEEN 1 AND 36500 AND coalesce("artifact_days", 1) BETWEEN 1 AND 36500);

-- What was there and is not any more says so.
ALTER TABLE "agent_runs" ADD COLUMN "log_removed_at" TIMESTAMPTZ(6);
ALTER TABLE "artifacts" ADD COLUMN "removed_at" TIMESTAMPTZ(6);

-- What may be due, the oldest first; what was removed already is not looked at again. Neither names a column that a log
-- batch writes.
CREATE INDEX "agent_runs_log_kept" ON "agent_runs" ("project_id", "finished_at") WHERE "log_removed_at" IS NULL AND "finished_at" IS NOT NULL;
CREATE INDEX "artifacts_kept" ON "artifacts" ("project_id", "created_at") WHERE "removed_at" IS NULL;
