-- Words that are looked for anywhere in the texts of tasks are found without reading them all.
-- Where the database's owner does not let us (or PostgreSQL came without its own extensions), the search is slower and nothing else.
DO $$
BEGIN
  CREATE EXTENSION IF NOT EXISTS pg_trgm;
  CREATE INDEX "tasks_words" ON "tasks" USING gin ("title" gin_trgm_ops, "description" gin_trgm_ops);
EXCEPTION
  WHEN insufficient_privilege OR undefined_file OR feature_not_supported OR undefined_object THEN
    RAISE NOTICE 'pg_trgm is not there: the search among tasks reads them all (%)', SQLERRM;
END
$$;
