-- What could not be removed is tried again later, and what is due is found without reading all that waits.
ALTER TABLE "pending_removals"
  ADD COLUMN "due_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  ADD COLUMN "failures" INTEGER NOT NULL DEFAULT 0;
CREATE INDEX "pending_removals_due" ON "pending_removals" ("kind", "due_at");
