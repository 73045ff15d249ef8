-- Days that the sound of a recording is kept; null: for ever. What was said in it stays.
ALTER TABLE "projects" ADD COLUMN "recording_days" INTEGER,
  ADD CONSTRAINT "projects_recording_days_range" CHECK (coalesce("recording_days", 1) BETWEEN 1 AND 36500);
CREATE INDEX "recordings_kept" ON "recordings" ("project_id", "created_at") WHERE "removed_at" IS NULL AND "uploaded_at" IS NOT NULL;
