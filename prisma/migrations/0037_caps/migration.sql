-- What may be used in a project, at most: ProjectCaps of the contract. An agent's own caps are part of its configuration.
ALTER TABLE "projects" ADD COLUMN "caps" JSONB NOT NULL DEFAULT '{}';
-- What is said of a run that a cap has stopped: which one, and how much of it was used.
ALTER TABLE "agent_runs" ADD COLUMN "stop_words" TEXT;
