-- Repositories are granted: a runner tells which ones it has, an administrator grants them to projects, and a run is
-- given to no runner on which its repository is not granted.

ALTER TABLE "runners"
  ADD COLUMN "advertised_labels" TEXT[] DEFAULT ARRAY[]::TEXT[],
  ADD COLUMN "advertised_capacity" INTEGER,
  ADD COLUMN "max_capacity" INTEGER,
  ADD COLUMN "sandbox_note" TEXT,
  ADD COLUMN "repositories_seen_at" TIMESTAMPTZ(6),
  ADD COLUMN "work_folders_seen_at" TIMESTAMPTZ(6),
  ADD CONSTRAINT "runners_max_capacity_range" CHECK ("max_capacity" BETWEEN 1 AND 100);
-- What a runner had until now was its own word; it is granted, so that an upgrade takes nothing away.
UPDATE "runners" SET "advertised_labels" = "labels", "advertised_capacity" = "capacity" WHERE "version" IS NOT NULL;

ALTER TABLE "agent_runs" ADD COLUMN "sandbox_note" TEXT;

CREATE TABLE "runner_repositories" (
  "runner_id" UUID NOT NULL,
  "path" TEXT NOT NULL,
  "facts" JSONB NOT NULL,
  "is_checked" BOOLEAN NOT NULL DEFAULT false,
  "seen_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "gone_at" TIMESTAMPTZ(6),
  CONSTRAINT "runner_repositories_pkey" PRIMARY KEY ("runner_id", "path"),
  CONSTRAINT "runner_repositories_runner_id_fkey" FOREIGN KEY ("runner_id") REFERENCES "runners"("id") ON DELETE CASCADE ON UPDATE CASCADE
);

CREATE TABLE "repository_grants" (
  "id" UUID NOT NULL,
  "runner_id" UUID NOT NULL,
  "path" TEXT NOT NULL,
  "project_id" UUID,
  "granted_by_user_id" UUID,
  "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "revoked_by_user_id" UUID,
  "revoked_at" TIMESTAMPTZ(6),
  CONSTRAINT "repository_grants_pkey" PRIMARY KEY ("id"),
  CONSTRAINT "repository_grants_runner_id_fkey" FOREIGN KEY ("runner_id") REFERENCES "runners"("id") ON DELETE CASCADE ON UPDATE CASCADE,
  CONSTRAINT "repository_grants_project_id_fkey" FOREIGN KEY ("project_id") REFERENCES "projects"("id") ON DELETE CASCADE ON UPDATE CASCADE,
  CONSTRAINT "repository_grants_granted_by_user_id_fkey" FOREIGN KEY ("granted_by_user_id") REFERENCES "users"("id") ON DELETE SET NULL ON UPDATE CASCADE,
  CONSTRAINT "repository_grants_revoked_by_user_id_fkey" FOREIGN KEY ("revoked_by_user_id") REFERENCES "users"("id") ON DELETE SET NULL ON UPDATE CASCADE,
  -- In the form that paths are compared in: absolute, without a slash at the end, `//`, `.` or `..`.
  CONSTRAINT "repository_grants_path_is_plain" CHECK ("path" ~ '^(/[^/]+)+$' AND "path" !~ '/\.\.?(/|$)')
);
CREATE INDEX "repository_grants_runner_id_path_idx" ON "repository_grants"("runner_id", "path");
CREATE INDEX "repository_grants_project_id_idx" ON "repository_grants"("project_id");
CREATE INDEX "repository_grants_granted_by_user_id_idx" ON "repository_grants"("granted_by_user_id");
CREATE INDEX "repository_grants_revoked_by_user_id_idx" ON "repository_grants"("revoked_by_user_id");
-- Granted once; no project stands for every project.
CREATE UNIQUE INDEX "repository_grants_one_in_force" ON "repository_grants"
  ("runner_id", "path", coalesce("project_id", '00000000-0000-0000-0000-000000000000')) WHERE "revoked_at" IS NULL;

CREATE TABLE "work_folders" (
  "runner_id" UUID NOT NULL,
  "name" TEXT NOT NULL,
  "task_id" UUID NOT NULL,
  "facts" JSONB NOT NULL,
  "seen_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT "work_folders_pkey" PRIMARY KEY ("runner_id", "name"),
  CONSTRAINT "work_folders_runner_id_fkey" FOREIGN KEY ("runner_id") REFERENCES "runners"("id") ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE INDEX "work_folders_task_id_idx" ON "work_folders"("task_id");

CREATE TABLE "runner_requests" (
  "id" UUID NOT NULL,
  "runner_id" UUID NOT NULL,
  "kind" TEXT NOT NULL,
  "subject" TEXT,
  "answer" JSONB,
  "answered_at" TIMESTAMPTZ(6),
  "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT "runner_requests_pkey" PRIMARY KEY ("id"),
  CONSTRAINT "runner_requests_kind" CHECK ("kind" IN ('look', 'check', 'remove_work_folder')),
  CONSTRAINT "runner_requests_runner_id_fkey" FOREIGN KEY ("runner_id") REFERENCES "runners"("id") ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE INDEX "runner_requests_runner_id_created_at_idx" ON "runner_requests"("runner_id", "created_at");

-- Projects and agents that exist keep what they use, in the form that grants are compared in.
CREATE FUNCTION pg_temp.plain_path("path" text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT regexp_replace(regexp_replace(regexp_replace("path", '(/\.)+(?=/|$)', '', 'g'), '/+', '/', 'g'), '(.)/$', '\1')
$$;
UPDATE "projects" SET "default_repo_path" = pg_temp.plain_path("default_repo_path")
 WHERE "default_repo_path" <> pg_temp.plain_path("default_repo_path");
UPDATE "agents" SET "config_json" = jsonb_set("config_json", '{repoRoot}', to_jsonb(pg_temp.plain_path("config_json"->>'repoRoot')))
 WHERE "config_json"->>'repoRoot' <> pg_temp.plain_path("config_json"->>'repoRoot');
INSERT INTO "repository_grants" ("id", "runner_id", "path", "project_id")
SELECT gen_random_uuid(), r."id", used."path", used."project_id"
  FROM (SELECT "id" AS "project_id", "default_repo_path" AS "path" FROM "projects"
        UNION
        SELECT "project_id", "config_json"->>'repoRoot' FROM "agents") used
  JOIN "runners" r ON r."all_projects" OR EXISTS (SELECT 1 FROM "runner_projects" s WHERE s."runner_id" = r."id" AND s."project_id" = used."project_id")
 WHERE used."path" ~ '^(/[^/]+)+$' AND used."path" !~ '/\.\.?(/|$)';
