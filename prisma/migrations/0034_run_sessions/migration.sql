-- The agent's own session, as it names it, and the one that an attempt went on with.
ALTER TABLE "agent_runs" ADD COLUMN "session_id" TEXT;
ALTER TABLE "agent_runs" ADD COLUMN "resumed_session_id" TEXT;
