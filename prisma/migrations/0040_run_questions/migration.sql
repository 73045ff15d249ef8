-- What an agent asks in its last words: cards show it, and have no need of the whole summary.
ALTER TABLE "agent_runs" ADD COLUMN "question" TEXT;
