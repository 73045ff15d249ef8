-- What a runner has told of the agents' programs on its machine; null: nothing yet.
ALTER TABLE "runners" ADD COLUMN "programs" JSONB, ADD COLUMN "programs_seen_at" TIMESTAMPTZ(6);
