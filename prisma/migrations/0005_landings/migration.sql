-- The last word on a merge: when it was given, for which commits, and what was found out where nobody heard the end.
ALTER TABLE "agent_runs" ADD COLUMN "landing_at" TIMESTAMPTZ(6);
ALTER TABLE "agent_runs" ADD COLUMN "landing_base_commit" TEXT;
ALTER TABLE "agent_runs" ADD COLUMN "landing_commit" TEXT;
ALTER TABLE "agent_runs" ADD COLUMN "landing_is_merged" BOOLEAN;
ALTER TABLE "agent_runs" ADD CONSTRAINT "agent_runs_landing_whole_check" CHECK (
  ("landing_at" IS NULL) = ("landing_commit" IS NULL) AND ("landing_at" IS NULL) = ("landing_base_commit" IS NULL) AND ("landing_at" IS NULL OR "kind" = 'merge')
);
