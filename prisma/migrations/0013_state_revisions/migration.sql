-- How often what the state document tells has changed, up to which change it has been rendered, and the newest version
-- that is in Git: whether there is work to do stands in the row, so that a lost wake-up is found. What is there already
-- is looked at once.
ALTER TABLE "projects"
  ADD COLUMN "state_changes" BIGINT NOT NULL DEFAULT 1,
  ADD COLUMN "state_rendered" BIGINT NOT NULL DEFAULT 0,
  ADD COLUMN "state_copied" BIGINT NOT NULL DEFAULT 0;
