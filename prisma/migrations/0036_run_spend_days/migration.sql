-- First, in the order of every change, which takes its runs before their project's row: the foreign keys below lock the projects.
LOCK TABLE "agent_runs" IN SHARE ROW EXCLUSIVE MODE;

-- What the runs of each agent have used on each day (UTC) on which they ended, without reading the runs. As with
-- "task_counts" each end adds a row, the sum of the rows counts, nobody waits for another's row, and workers add them up.
-- What a deleted run has used stays used: "is_gone".
CREATE TABLE "run_spend_days" (
  "project_id" UUID NOT NULL,
  "agent_id" UUID NOT NULL,
  "day" DATE NOT NULL,
  "is_gone" BOOLEAN NOT NULL,
  "runs" INTEGER NOT NULL,
  "wall_ms" BIGINT NOT NULL,
  "input_tokens" BIGINT NOT NULL,
  "cached_input_tokens" BIGINT NOT NULL,
  "output_tokens" BIGINT NOT NULL,
  "cost_usd" DECIMAL(16,6) NOT NULL,
  "unknown_cost_runs" INTEGER NOT NULL,
  CONSTRAINT "run_spend_days_project_id_fkey" FOREIGN KEY ("project_id") REFERENCES "projects" ("id") ON DELETE CASCADE ON UPDATE CASCADE,
  CONSTRAINT "run_spend_days_agent_id_fkey" FOREIGN KEY ("agent_id") REFERENCES "agents" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE INDEX "run_spend_days_day_idx" ON "run_spend_days" ("day");
CREATE INDEX "run_spend_days_project_id_day_idx" ON "run_spend_days" ("project_id", "day");
CREATE INDEX "run_spend_days_agent_id_day_idx" ON "run_spend_days" ("agent_id", "day");

-- Only the attempts of agents that have started: a merge is no agent's work.
CREATE VIEW "run_spend" AS
SELECT "id", "project_id", "agent_id", "task_id", ("finished_at" AT TIME ZONE 'UTC')::date AS "day",
       round(extract(epoch FROM greatest("finished_at" - "started_at", interval '0')) * 1000)::bigint AS "wall_ms",
       coalesce("input_tokens", 0) AS "input_tokens", coalesce("cached_input_tokens", 0) AS "cached_input_tokens",
       coalesce("output_tokens", 0) AS "output_tokens", coalesce("cost_usd", 0) AS "cost_usd",
       CASE WHEN "cost_usd" IS NULL THEN 1 ELSE 0 END AS "unknown_cost_runs"
  FROM "agent_runs" WHERE "kind" = 'task' AND "started_at" IS NOT NULL AND "finished_at" IS NOT NULL;

INSERT INTO "run_spend_days"
SELECT "project_id", "agent_id", "day", false, count(*), sum("wall_ms"), sum("input_tokens"), sum("cached_input_tokens"),
       sum("output_tokens"), sum("cost_usd"), sum("unknown_cost_runs")
  FROM "run_spend" GROUP BY 1, 2, 3;

-- Of the row itself: looked up, it would be searched for by whatever plan the session made when the table was small.
CREATE FUNCTION "note_run_spend"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO "run_spend_days"
  VALUES (NEW."project_id", NEW."agent_id", (NEW."finished_at" AT TIME ZONE 'UTC')::date, false, 1,
          round(extract(epoch FROM greatest(NEW."finished_at" - NEW."started_at", interval '0')) * 1000)::bigint,
          coalesce(NEW."input_tokens", 0), coalesce(NEW."cached_input_tokens", 0), coalesce(NEW."output_tokens", 0),
          coalesce(NEW."cost_usd", 0), CASE WHEN NEW."cost_usd" IS NULL THEN 1 ELSE 0 END);
  RETURN NULL;
END $$;
-- A deleted run moves from those that are there to those that are gone. Not of a project that goes with its runs.
CREATE FUNCTION "note_gone_run_spend"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  "cost" NUMERIC := coalesce(OLD."cost_usd", 0);
  "ms" BIGINT := round(extract(epoch FROM greatest(OLD."finished_at" - OLD."started_at", interval '0')) * 1000);
BEGIN
  INSERT INTO "run_spend_days"
  SELECT OLD."project_id", OLD."agent_id", (OLD."finished_at" AT TIME ZONE 'UTC')::date, "sign" = 1, "sign", "sign" * "ms",
         "sign" * coalesce(OLD."input_tokens", 0), "sign" * coalesce(OLD."cached_input_tokens", 0),
         "sign" * coalesce(OLD."output_tokens", 0), "sign" * "cost", CASE WHEN OLD."cost_usd" IS NULL THEN "sign" ELSE 0 END
    FROM (VALUES (-1), (1)) AS "both" ("sign")
   WHERE EXISTS (SELECT 1 FROM "projects" p WHERE p."id" = OLD."project_id")
     AND EXISTS (SELECT 1 FROM "agents" a WHERE a."id" = OLD."agent_id");
  RETURN NULL;
END $$;
CREATE TRIGGER "agent_runs_note_spend" AFTER UPDATE OF "finished_at" ON "agent_runs" FOR EACH ROW
  WHEN (OLD."finished_at" IS NULL AND NEW."finished_at" IS NOT NULL AND NEW."kind" = 'task' AND NEW."started_at" IS NOT NULL)
  EXECUTE FUNCTION "note_run_spend"();
CREATE TRIGGER "agent_runs_note_new_spend" AFTER INSERT ON "agent_runs" FOR EACH ROW
  WHEN (NEW."finished_at" IS NOT NULL AND NEW."kind" = 'task' AND NEW."started_at" IS NOT NULL)
  EXECUTE FUNCTION "note_run_spend"();
CREATE TRIGGER "agent_runs_note_gone_spend" AFTER DELETE ON "agent_runs" FOR EACH ROW
  WHEN (OLD."kind" = 'task' AND OLD."started_at" IS NOT NULL AND OLD."finished_at" IS NOT NULL)
  EXECUTE FUNCTION "note_gone_run_spend"();
