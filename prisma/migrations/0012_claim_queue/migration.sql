-- A claim reads the first waiting run of each agent from an index, however many wait. Its order needs the task's
-- priority in the run itself: these triggers keep it, for every way of writing either row.
ALTER TABLE "agent_runs" ADD COLUMN "queue_priority" INTEGER NOT NULL DEFAULT 3;
UPDATE "agent_runs" SET "queue_priority" = t."priority" FROM "tasks" t
 WHERE t."id" = "agent_runs"."task_id" AND "agent_runs"."status" = 'pending';

CREATE FUNCTION "take_queue_priority"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW."queue_priority" := coalesce((SELECT "priority" FROM "tasks" WHERE "id" = NEW."task_id"), NEW."queue_priority");
  RETURN NEW;
END $$;
CREATE TRIGGER "agent_runs_take_queue_priority" BEFORE INSERT ON "agent_runs"
  FOR EACH ROW EXECUTE FUNCTION "take_queue_priority"();

CREATE FUNCTION "pass_priority_on"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE "agent_runs" SET "queue_priority" = NEW."priority" WHERE "task_id" = NEW."id" AND "status" = 'pending';
  RETURN NULL;
END $$;
CREATE TRIGGER "tasks_pass_priority_on" AFTER UPDATE OF "priority" ON "tasks"
  FOR EACH ROW WHEN (OLD."priority" <> NEW."priority") EXECUTE FUNCTION "pass_priority_on"();

CREATE INDEX "agent_runs_queue" ON "agent_runs" ("agent_id", "queue_priority", "created_at", "id")
  WHERE "status" = 'pending' AND "kind" = 'task';
CREATE INDEX "agent_runs_merges_waiting" ON "agent_runs" ("queue_priority", "created_at", "id")
  WHERE "status" = 'pending' AND "kind" = 'merge';
-- What a runner and an agent have at work: counted by each claim.
CREATE INDEX "agent_runs_at_work_runner" ON "agent_runs" ("runner_id") WHERE "status" IN ('started', 'streaming');
CREATE INDEX "agent_runs_at_work_agent" ON "agent_runs" ("agent_id") WHERE "status" IN ('started', 'streaming');
