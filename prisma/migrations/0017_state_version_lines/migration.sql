-- A version says who changed what, and keeps the human part that it was made with; the newest one follows the moving
-- facts, so it has a revision like everything that changes. Up to which event the versions tell stands in the project.
ALTER TABLE "project_state_versions"
  ADD COLUMN "changes" JSONB NOT NULL DEFAULT '[]',
  ADD COLUMN "human" JSONB,
  ADD COLUMN "revision" INTEGER NOT NULL DEFAULT 1,
  ADD COLUMN "updated_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  ALTER COLUMN "cause" SET DEFAULT '';
ALTER TABLE "projects"
  ADD COLUMN "state_told" BIGINT NOT NULL DEFAULT 0,
  ADD COLUMN "state_copied_revision" INTEGER NOT NULL DEFAULT 0;

-- What is there has only its cause to show.
UPDATE "project_state_versions" v
   SET "updated_at" = v."created_at",
       "changes" = jsonb_build_array(jsonb_build_object(
         'author', CASE WHEN u."id" IS NULL THEN jsonb_build_object('kind', 'orchestrator', 'name', 'Orchestrator')
                        ELSE jsonb_build_object('kind', 'person', 'name', u."email") END,
         'kind', 'other', 'subject', v."cause", 'taskId', null, 'count', 1))
  FROM "project_state_versions" w LEFT JOIN "users" u ON u."id" = w."created_by_user_id"
 WHERE w."id" = v."id";
UPDATE "projects" SET "state_told" = "event_cursor", "state_copied_revision" = ("state_copied" > 0)::int;

CREATE TRIGGER "project_state_versions_revision" BEFORE UPDATE ON "project_state_versions"
  FOR EACH ROW EXECUTE FUNCTION "take_next_revision"();
