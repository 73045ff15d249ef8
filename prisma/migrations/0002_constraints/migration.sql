-- What the domain relies on and Prisma's schema can not say.

-- One account an address, without regard to case.
CREATE UNIQUE INDEX "users_email_key" ON "users" (lower("email"));

-- One live run of a kind a task, and quick claims.
CREATE UNIQUE INDEX "agent_runs_one_live_a_task_and_kind" ON "agent_runs" ("task_id", "kind")
  WHERE "status" IN ('pending', 'started', 'streaming');
CREATE INDEX "agent_runs_pending" ON "agent_runs" ("project_id", "created_at") WHERE "status" = 'pending';
CREATE INDEX "agent_runs_leases" ON "agent_runs" ("lease_expires_at") WHERE "status" IN ('started', 'streaming');

-- The cycle row is the job: one waits and one works, a project.
CREATE UNIQUE INDEX "orchestrator_cycles_one_pending" ON "orchestrator_cycles" ("project_id") WHERE "status" = 'pending';
CREATE UNIQUE INDEX "orchestrator_cycles_one_running" ON "orchestrator_cycles" ("project_id") WHERE "status" = 'running';

-- Messages that no cycle has read yet.
CREATE INDEX "messages_not_ingested" ON "messages" ("project_id", "id") WHERE "role" = 'user' AND "ingested_at" IS NULL;

-- One value a key and scope; the system's settings have no scope id.
CREATE UNIQUE INDEX "settings_scope_key" ON "settings" ("scope", coalesce("scope_id", '00000000-0000-0000-0000-000000000000'), "key");

ALTER TABLE "tasks"
  ADD CONSTRAINT "tasks_priority_range" CHECK ("priority" BETWEEN 1 AND 5),
  ADD CONSTRAINT "tasks_title_length" CHECK (char_length("title") BETWEEN 1 AND 200),
  ADD CONSTRAINT "tasks_blocked_has_reason" CHECK (("status" = 'blocked') = ("blocked_reason" IS NOT NULL));

ALTER TABLE "agent_runs"
  ADD CONSTRAINT "agent_runs_attempt_positive" CHECK ("attempt" >= 1),
  ADD CONSTRAINT "agent_runs_line_count_range" CHECK ("line_count" >= 0),
  ADD CONSTRAINT "agent_runs_task_unless_maintenance" CHECK (("kind" = 'maintenance') = ("task_id" IS NULL)),
  ADD CONSTRAINT "agent_runs_live_has_lease" CHECK ("status" NOT IN ('started', 'streaming')
    OR ("runner_id" IS NOT NULL AND "lease_token_hash" IS NOT NULL AND "lease_expires_at" IS NOT NULL)),
  ADD CONSTRAINT "agent_runs_finished_has_reason" CHECK ("status" IN ('pending', 'started', 'streaming')
    OR ("reason" IS NOT NULL AND "finished_at" IS NOT NULL));

ALTER TABLE "agent_run_logs" ADD CONSTRAINT "agent_run_logs_seq_range" CHECK ("seq" >= 0);
ALTER TABLE "project_state_versions" ADD CONSTRAINT "project_state_versions_version_positive" CHECK ("version" >= 1);
ALTER TABLE "runners" ADD CONSTRAINT "runners_capacity_range" CHECK ("capacity" BETWEEN 1 AND 100);

-- The audit trail is append only.
CREATE FUNCTION "refuse_change_of_audit_trail"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'task_events is append only: % refused', TG_OP USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER "task_events_append_only" BEFORE UPDATE OR DELETE ON "task_events"
  FOR EACH ROW EXECUTE FUNCTION "refuse_change_of_audit_trail"();
CREATE TRIGGER "task_events_no_truncate" BEFORE TRUNCATE ON "task_events"
  FOR EACH STATEMENT EXECUTE FUNCTION "refuse_change_of_audit_trail"();

-- Terminal states of a run never change.
CREATE FUNCTION "refuse_change_of_finished_run"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'run % has ended as %: it can not become %', OLD."id", OLD."status", NEW."status" USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER "agent_runs_terminal_is_final" BEFORE UPDATE OF "status" ON "agent_runs"
  FOR EACH ROW WHEN (OLD."status" IN ('completed', 'failed', 'timed_out', 'canceled') AND NEW."status" <> OLD."status")
  EXECUTE FUNCTION "refuse_change_of_finished_run"();

-- Log partitions: one a month, by the time inside the UUIDv7 (its first 48 bits are milliseconds since 1970).
CREATE FUNCTION "uuid_v7_floor"("moment" timestamptz) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
  SELECT (lpad(to_hex((extract(epoch FROM "moment") * 1000)::bigint), 12, '0') || '00000000000000000000')::uuid
$$;
CREATE FUNCTION "ensure_agent_run_log_partitions"("first_month" date, "months" integer) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  month_start date;
  partition_name text;
  created integer := 0;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('ensure_agent_run_log_partitions'));
  FOR i IN 0 .. "months" - 1 LOOP
    month_start := (date_trunc('month', "first_month") + make_interval(months => i))::date;
    partition_name := 'agent_run_logs_' || to_char(month_start, 'YYYY_MM');
    IF to_regclass(quote_ident(partition_name)) IS NULL THEN
      EXECUTE format('CREATE TABLE %I PARTITION OF "agent_run_logs" FOR VALUES FROM (%L) TO (%L)', partition_name,
        "uuid_v7_floor"(month_start::timestamp AT TIME ZONE 'UTC'),
        "uuid_v7_floor"((month_start + interval '1 month')::timestamp AT TIME ZONE 'UTC'));
      created := created + 1;
    END IF;
  END LOOP;
  RETURN created;
END $$;
-- A net for ids whose month has no partition; maintenance creates months ahead, so it stays empty.
CREATE TABLE "agent_run_logs_default" PARTITION OF "agent_run_logs" DEFAULT;
SELECT "ensure_agent_run_log_partitions"((now() AT TIME ZONE 'UTC')::date, 3);

-- A run's row is updated with every batch of its log: leave room for that in the page.
ALTER TABLE "agent_runs" SET (fillfactor = 70);
