-- Every change gives a row its next revision, whoever makes it: of two states of a thing the greater is the newer.
ALTER TABLE "projects" ADD COLUMN "revision" integer NOT NULL DEFAULT 1;
ALTER TABLE "agents" ADD COLUMN "revision" integer NOT NULL DEFAULT 1;
ALTER TABLE "tasks" ADD COLUMN "revision" integer NOT NULL DEFAULT 1;
ALTER TABLE "agent_runs" ADD COLUMN "revision" integer NOT NULL DEFAULT 1;
ALTER TABLE "messages" ADD COLUMN "revision" integer NOT NULL DEFAULT 1;
ALTER TABLE "runners" ADD COLUMN "revision" integer NOT NULL DEFAULT 1;

CREATE FUNCTION "take_next_revision"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW."revision" := OLD."revision" + 1;
  RETURN NEW;
END $$;
CREATE TRIGGER "projects_revision" BEFORE UPDATE ON "projects" FOR EACH ROW EXECUTE FUNCTION "take_next_revision"();
CREATE TRIGGER "agents_revision" BEFORE UPDATE ON "agents" FOR EACH ROW EXECUTE FUNCTION "take_next_revision"();
CREATE TRIGGER "tasks_revision" BEFORE UPDATE ON "tasks" FOR EACH ROW EXECUTE FUNCTION "take_next_revision"();
CREATE TRIGGER "agent_runs_revision" BEFORE UPDATE ON "agent_runs" FOR EACH ROW EXECUTE FUNCTION "take_next_revision"();
CREATE TRIGGER "messages_revision" BEFORE UPDATE ON "messages" FOR EACH ROW EXECUTE FUNCTION "take_next_revision"();
CREATE TRIGGER "runners_revision" BEFORE UPDATE ON "runners" FOR EACH ROW EXECUTE FUNCTION "take_next_revision"();
