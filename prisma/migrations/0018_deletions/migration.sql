-- Tasks and projects can be deleted. What is left of them is a record of who deleted what.
CREATE TYPE "deletion_kind" AS ENUM ('task', 'project');
CREATE TYPE "removal_kind" AS ENUM ('run_log', 'file', 'folder');

ALTER TABLE "projects" ADD COLUMN "deleting_at" TIMESTAMPTZ(6);

CREATE TABLE "deletions" (
  "id" UUID NOT NULL,
  "kind" "deletion_kind" NOT NULL,
  "entity_id" UUID NOT NULL,
  "project_id" UUID NOT NULL,
  "project_name" TEXT NOT NULL,
  "name" TEXT NOT NULL,
  "deleted_by_user_id" UUID,
  "deleted_by" TEXT NOT NULL,
  "task_count" INTEGER NOT NULL,
  "run_count" INTEGER NOT NULL,
  "log_line_count" BIGINT NOT NULL,
  "artifact_count" INTEGER NOT NULL,
  "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "finished_at" TIMESTAMPTZ(6),
  CONSTRAINT "deletions_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "deletions_entity_id_key" ON "deletions" ("entity_id");
CREATE INDEX "deletions_under_way" ON "deletions" ("id") WHERE "finished_at" IS NULL;

CREATE TABLE "pending_removals" (
  "id" UUID NOT NULL,
  "deletion_id" UUID,
  "kind" "removal_kind" NOT NULL,
  "subject" TEXT NOT NULL,
  "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT "pending_removals_pkey" PRIMARY KEY ("id"),
  CONSTRAINT "pending_removals_deletion_id_fkey" FOREIGN KEY ("deletion_id") REFERENCES "deletions"("id") ON DELETE RESTRICT ON UPDATE CASCADE
);
CREATE INDEX "pending_removals_deletion_id_idx" ON "pending_removals" ("deletion_id");

CREATE TABLE "deleted_tasks" (
  "runner_id" UUID NOT NULL,
  "task_id" UUID NOT NULL,
  "deleted_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT "deleted_tasks_pkey" PRIMARY KEY ("runner_id", "task_id"),
  CONSTRAINT "deleted_tasks_runner_id_fkey" FOREIGN KEY ("runner_id") REFERENCES "runners"("id") ON DELETE CASCADE ON UPDATE CASCADE
);

-- The audit trail is append only. One way leads through: the transaction names the deletion it belongs to, which is on
-- record and under way, and the entry is of that very task or project.
CREATE OR REPLACE FUNCTION "refuse_change_of_audit_trail"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    IF EXISTS (
      SELECT 1 FROM "deletions" d JOIN "tasks" t ON t."id" = OLD."task_id"
       WHERE d."id" = nullif(current_setting('overmind.deletion_id', true), '')::uuid AND d."finished_at" IS NULL
         AND d."entity_id" IN (t."id", t."project_id")) THEN
      RETURN OLD;
    END IF;
  END IF;
  RAISE EXCEPTION 'task_events is append only: % refused', TG_OP USING ERRCODE = 'restrict_violation';
END $$;

-- The record of a deletion can be ended, once, and changes in nothing else.
CREATE FUNCTION "refuse_change_of_deletion"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' THEN
    IF OLD."finished_at" IS NULL AND to_jsonb(OLD) - 'finished_at' = to_jsonb(NEW) - 'finished_at' THEN
      RETURN NEW;
    END IF;
  END IF;
  RAISE EXCEPTION 'deletions are on record: % refused', TG_OP USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER "deletions_stay" BEFORE UPDATE OR DELETE ON "deletions"
  FOR EACH ROW EXECUTE FUNCTION "refuse_change_of_deletion"();
CREATE TRIGGER "deletions_no_truncate" BEFORE TRUNCATE ON "deletions"
  FOR EACH STATEMENT EXECUTE FUNCTION "refuse_change_of_deletion"();
