-- An index for each order in which lists are read.
CREATE INDEX "tasks_project_id_priority_id_idx" ON "tasks" ("project_id", "priority", "id");
DROP INDEX "tasks_project_id_priority_created_at_idx";
CREATE INDEX "agent_runs_project_id_status_id_idx" ON "agent_runs" ("project_id", "status", "id");

-- Cursors and clients know milliseconds. A row's place in a list by time must be one that a cursor can name.
ALTER TABLE "projects" ALTER COLUMN "updated_at" TYPE timestamptz(3);
ALTER TABLE "tasks" ALTER COLUMN "updated_at" TYPE timestamptz(3);
CREATE INDEX "tasks_project_id_updated_at_id_idx" ON "tasks" ("project_id", "updated_at", "id");
CREATE INDEX "tasks_project_id_status_updated_at_id_idx" ON "tasks" ("project_id", "status", "updated_at", "id");
