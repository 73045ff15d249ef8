-- Short ids that a person can say, SHOP-12: a key for each project, and a number for each task of it. Every key that a
-- project has or had stays its own, so that what was once said or written down still finds its task.
CREATE TABLE "project_keys" (
  "key" TEXT NOT NULL,
  "project_id" UUID,
  "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT "project_keys_pkey" PRIMARY KEY ("key"),
  CONSTRAINT "project_keys_key_shape" CHECK ("key" ~ '^[A-Z][A-Z0-9]{1,9}$')
);
ALTER TABLE "projects" ADD COLUMN "key" TEXT;

-- What there is already, oldest first: the letters of its name, with a number behind where they are taken.
DO $$
DECLARE
  project record;
  words text[];
  base text;
  candidate text;
  suffix integer;
BEGIN
  FOR project IN SELECT "id", "name" FROM "projects" ORDER BY "created_at", "id" LOOP
    base := regexp_replace(normalize(project."name", NFKD), '[\u0300-\u036f''’]', '', 'g');
    base := regexp_replace(trim(regexp_replace(upper(base), '[^A-Z0-9]+', ' ', 'g')), '^[0-9 ]+', '');
    words := string_to_array(base, ' ');
    IF cardinality(words) > 1 THEN
      SELECT string_agg(left(word, 1), '' ORDER BY place) INTO base FROM unnest(words[1:5]) WITH ORDINALITY AS w(word, place);
    ELSE
      base := left(base, 4);
    END IF;
    IF length(base) < 2 THEN base := 'PRJ'; END IF;
    candidate := base;
    suffix := 1;
    WHILE EXISTS (SELECT 1 FROM "project_keys" WHERE "key" = candidate) LOOP
      suffix := suffix + 1;
      candidate := base || suffix;
    END LOOP;
    INSERT INTO "project_keys" ("key", "project_id") VALUES (candidate, project."id");
    UPDATE "projects" SET "key" = candidate WHERE "id" = project."id";
  END LOOP;
END $$;
ALTER TABLE "projects" ALTER COLUMN "key" SET NOT NULL;
CREATE UNIQUE INDEX "projects_key_key" ON "projects" ("key");
CREATE INDEX "project_keys_project_id_idx" ON "project_keys" ("project_id");
-- Deferred: a key is taken before its project is written. A key outlives its project: nobody else is ever given it.
ALTER TABLE "project_keys" ADD CONSTRAINT "project_keys_project_id_fkey" FOREIGN KEY ("project_id")
  REFERENCES "projects" ("id") ON DELETE SET NULL ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED;

-- The last number of each project. A row of its own, locked from a task's insert to its commit: the project's row is
-- locked last of all (for its event cursor), and must not be locked before agents and runs.
CREATE TABLE "task_counters" (
  "project_id" UUID NOT NULL,
  "last_number" INTEGER NOT NULL,
  CONSTRAINT "task_counters_pkey" PRIMARY KEY ("project_id"),
  CONSTRAINT "task_counters_project_id_fkey" FOREIGN KEY ("project_id") REFERENCES "projects" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);
ALTER TABLE "tasks" ADD COLUMN "number" INTEGER;
ALTER TABLE "tasks" DISABLE TRIGGER "tasks_revision";
UPDATE "tasks" SET "number" = counted."number" FROM (
  SELECT "id", row_number() OVER (PARTITION BY "project_id" ORDER BY "created_at", "id") AS "number" FROM "tasks"
) counted WHERE "tasks"."id" = counted."id";
ALTER TABLE "tasks" ENABLE TRIGGER "tasks_revision";
INSERT INTO "task_counters" ("project_id", "last_number") SELECT "project_id", max("number") FROM "tasks" GROUP BY "project_id";
ALTER TABLE "tasks" ALTER COLUMN "number" SET NOT NULL;
CREATE UNIQUE INDEX "tasks_project_id_number_key" ON "tasks" ("project_id", "number");

-- The database counts, whoever inserts, without another statement.
CREATE FUNCTION "take_task_number"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO "task_counters" AS counter ("project_id", "last_number") VALUES (NEW."project_id", 1)
  ON CONFLICT ("project_id") DO UPDATE SET "last_number" = counter."last_number" + 1
  RETURNING counter."last_number" INTO NEW."number";
  RETURN NEW;
END $$;
CREATE TRIGGER "tasks_number" BEFORE INSERT ON "tasks" FOR EACH ROW EXECUTE FUNCTION "take_task_number"();
CREATE FUNCTION "refuse_change_of_task_number"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'task % keeps its number and its project', OLD."id" USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER "tasks_number_is_kept" BEFORE UPDATE OF "number", "project_id" ON "tasks"
  FOR EACH ROW WHEN (NEW."number" <> OLD."number" OR NEW."project_id" <> OLD."project_id")
  EXECUTE FUNCTION "refuse_change_of_task_number"();
