-- The row of a recording is its upload, and then the job of its transcription.
ALTER TYPE "transcription_status" ADD VALUE 'engine_unavailable';

-- "due_at": when a worker is to look at it next (an upload that was given up, a transcription that waits, a lease that
-- ends); null: there is nothing to do. "lease_token": whose transcription it is while it runs.
ALTER TABLE "recordings"
  ADD COLUMN "name" TEXT NOT NULL DEFAULT '',
  ADD COLUMN "uploaded_at" TIMESTAMPTZ(6),
  ADD COLUMN "part_count" INTEGER NOT NULL DEFAULT 0,
  ADD COLUMN "due_at" TIMESTAMPTZ(6),
  ADD COLUMN "lease_token" UUID,
  ADD COLUMN "attempt" INTEGER NOT NULL DEFAULT 0,
  ADD COLUMN "progress" SMALLINT NOT NULL DEFAULT 0,
  ADD COLUMN "engine" TEXT,
  ADD COLUMN "language" TEXT,
  ADD COLUMN "edited_at" TIMESTAMPTZ(6),
  ADD COLUMN "removed_at" TIMESTAMPTZ(6),
  ADD COLUMN "revision" INTEGER NOT NULL DEFAULT 1,
  ADD COLUMN "words" tsvector GENERATED ALWAYS AS (to_tsvector('simple'::regconfig, "name" || ' ' || coalesce("transcript_text", ''))) STORED,
  ADD CONSTRAINT "recordings_progress_range" CHECK ("progress" BETWEEN 0 AND 100);
ALTER TABLE "recordings" ALTER COLUMN "size" SET DEFAULT 0, ALTER COLUMN "sha256" SET DEFAULT '';
CREATE TRIGGER "recordings_revision" BEFORE UPDATE ON "recordings" FOR EACH ROW EXECUTE FUNCTION "take_next_revision"();
CREATE INDEX "recordings_due" ON "recordings" ("due_at") WHERE "due_at" IS NOT NULL;
CREATE INDEX "recordings_words" ON "recordings" USING gin ("words");

-- What has come of an upload that is not finished, in parts numbered from 0.
CREATE TABLE "recording_parts" (
    "recording_id" UUID NOT NULL,
    "number" INTEGER NOT NULL,
    "size" INTEGER NOT NULL,
    "sha256" TEXT NOT NULL,
    "storage_path" TEXT NOT NULL,

    CONSTRAINT "recording_parts_pkey" PRIMARY KEY ("recording_id","number")
);
ALTER TABLE "recording_parts" ADD CONSTRAINT "recording_parts_recording_id_fkey" FOREIGN KEY ("recording_id") REFERENCES "recordings"("id") ON DELETE CASCADE ON UPDATE CASCADE;
