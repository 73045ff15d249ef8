-- What agents do, as entries: beside the lines, in the same months, and gone with them.
CREATE TABLE "run_activity" (
    "run_id" UUID NOT NULL,
    "seq" INTEGER NOT NULL,
    "entry" JSONB NOT NULL,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "run_activity_pkey" PRIMARY KEY ("run_id","seq")
) PARTITION BY RANGE ("run_id");
ALTER TABLE "run_activity" ADD CONSTRAINT "run_activity_seq_range" CHECK ("seq" >= 0);

-- "doing": what the agent does at the moment, in words; null: it does not say, or the run is not with a runner.
ALTER TABLE "agent_runs" ADD COLUMN "activity_count" INTEGER NOT NULL DEFAULT 0, ADD COLUMN "doing" TEXT;

CREATE FUNCTION "ensure_run_month"("parent" text, "month_start" date) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  partition_name text := "parent" || '_' || to_char("month_start", 'YYYY_MM');
BEGIN
  IF to_regclass(quote_ident(partition_name)) IS NOT NULL THEN
    RETURN 0;
  END IF;
  EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)', partition_name, "parent",
    "uuid_v7_floor"("month_start"::timestamp AT TIME ZONE 'UTC'),
    "uuid_v7_floor"(("month_start" + interval '1 month')::timestamp AT TIME ZONE 'UTC'));
  RETURN 1;
END $$;

-- The name is from before there was activity: releases that are still running call it by that.
CREATE OR REPLACE FUNCTION "ensure_agent_run_log_partitions"("first_month" date, "months" integer) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  month_start date;
  created integer := 0;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('ensure_agent_run_log_partitions'));
  FOR i IN 0 .. "months" - 1 LOOP
    month_start := (date_trunc('month', "first_month") + make_interval(months => i))::date;
    created := created + "ensure_run_month"('agent_run_logs', month_start) + "ensure_run_month"('run_activity', month_start);
  END LOOP;
  RETURN created;
END $$;

CREATE TABLE "run_activity_default" PARTITION OF "run_activity" DEFAULT;
SELECT "ensure_run_month"('run_activity', to_date(right(c.relname, 7), 'YYYY_MM'))
  FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
 WHERE i.inhparent = 'agent_run_logs'::regclass AND c.relname ~ '^agent_run_logs_\d{4}_\d{2}$';
SELECT "ensure_agent_run_log_partitions"((now() AT TIME ZONE 'UTC')::date, 3);
