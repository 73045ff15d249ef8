-- A queued task that somebody has stopped is held: nothing is started for it until a person says so.
ALTER TABLE "tasks"
  ADD COLUMN "held_by" TEXT,
  ADD COLUMN "held_at" TIMESTAMPTZ(6),
  ADD CONSTRAINT "tasks_held_has_name_and_time" CHECK (("held_by" IS NULL) = ("held_at" IS NULL)),
  ADD CONSTRAINT "tasks_held_is_queued" CHECK ("held_at" IS NULL OR "status" = 'queued');

-- Who asked to stop a run: its task says so when the run has ended, which is later and said by somebody else.
ALTER TABLE "agent_runs" ADD COLUMN "cancel_requested_by" TEXT;

-- The attempt that ended last: what a reviewer looks at, and what a card says of the size of the change.
ALTER TABLE "tasks" ADD COLUMN "result_run_id" UUID REFERENCES "agent_runs"("id") ON DELETE SET NULL ON UPDATE CASCADE;
UPDATE "tasks" SET "result_run_id" = (
  SELECT r."id" FROM "agent_runs" r
   WHERE r."task_id" = "tasks"."id" AND r."kind" = 'task' AND r."started_at" IS NOT NULL AND r."finished_at" IS NOT NULL
   ORDER BY r."attempt" DESC LIMIT 1);
CREATE INDEX "tasks_result_run_id_idx" ON "tasks" ("result_run_id");
