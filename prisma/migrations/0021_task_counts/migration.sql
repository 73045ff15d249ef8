-- First, in the order of every change, which takes its tasks before their project's row: the foreign key below locks the
-- projects, and with them in hand this would wait for the tasks in a circle.
LOCK TABLE "tasks" IN SHARE ROW EXCLUSIVE MODE;

-- How many tasks a project has of each status, without reading them. Each change adds rows that say what it has moved,
-- and the sum of a project's rows is its count: nobody waits for a row that another change holds. Workers add rows up.
CREATE TABLE "task_counts" (
  "project_id" UUID NOT NULL,
  "status" "task_status" NOT NULL,
  "is_held" BOOLEAN NOT NULL,
  "tasks" INTEGER NOT NULL,
  CONSTRAINT "task_counts_project_id_fkey" FOREIGN KEY ("project_id") REFERENCES "projects" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE INDEX "task_counts_project_id_idx" ON "task_counts" ("project_id");

INSERT INTO "task_counts" ("project_id", "status", "is_held", "tasks")
SELECT "project_id", "status", "held_by" IS NOT NULL, count(*) FROM "tasks" GROUP BY 1, 2, 3;

CREATE FUNCTION "count_new_tasks"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO "task_counts" ("project_id", "status", "is_held", "tasks")
  SELECT "project_id", "status", "held_by" IS NOT NULL, count(*) FROM "new_tasks" GROUP BY 1, 2, 3;
  RETURN NULL;
END $$;
CREATE FUNCTION "count_moved_tasks"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO "task_counts" ("project_id", "status", "is_held", "tasks")
  SELECT "project_id", "status", "held_by" IS NOT NULL, sum("moved") FROM (
    SELECT "project_id", "status", "held_by", 1 AS "moved" FROM "new_tasks"
    UNION ALL SELECT "project_id", "status", "held_by", -1 FROM "old_tasks") "both"
  GROUP BY 1, 2, 3 HAVING sum("moved") <> 0;
  RETURN NULL;
END $$;
-- Not of a project that goes with its tasks.
CREATE FUNCTION "count_gone_tasks"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO "task_counts" ("project_id", "status", "is_held", "tasks")
  SELECT "project_id", "status", "held_by" IS NOT NULL, -count(*) FROM "old_tasks"
   WHERE EXISTS (SELECT 1 FROM "projects" p WHERE p."id" = "project_id") GROUP BY 1, 2, 3;
  RETURN NULL;
END $$;
CREATE TRIGGER "tasks_count_new" AFTER INSERT ON "tasks" REFERENCING NEW TABLE AS "new_tasks"
  FOR EACH STATEMENT EXECUTE FUNCTION "count_new_tasks"();
CREATE TRIGGER "tasks_count_moved" AFTER UPDATE ON "tasks" REFERENCING OLD TABLE AS "old_tasks" NEW TABLE AS "new_tasks"
  FOR EACH STATEMENT EXECUTE FUNCTION "count_moved_tasks"();
CREATE TRIGGER "tasks_count_gone" AFTER DELETE ON "tasks" REFERENCING OLD TABLE AS "old_tasks"
  FOR EACH STATEMENT EXECUTE FUNCTION "count_gone_tasks"();

-- The first of those that wait, and the first of those that are held, each without reading the others.
CREATE INDEX "tasks_queued_by_hold" ON "tasks" ("project_id", ("held_by" IS NOT NULL), "priority", "id") WHERE "status" = 'queued';
