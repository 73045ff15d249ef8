-- The record of rights is append only, as the audit trail is. No way leads through: it outlives accounts and projects.
CREATE FUNCTION "refuse_change_of_access_record"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'access_changes is append only: % refused', TG_OP USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER "access_changes_append_only" BEFORE UPDATE OR DELETE ON "access_changes"
  FOR EACH ROW EXECUTE FUNCTION "refuse_change_of_access_record"();
CREATE TRIGGER "access_changes_no_truncate" BEFORE TRUNCATE ON "access_changes"
  FOR EACH STATEMENT EXECUTE FUNCTION "refuse_change_of_access_record"();

-- One project's page of it.
CREATE INDEX "access_changes_project_id_idx" ON "access_changes" ("project_id", "id");
