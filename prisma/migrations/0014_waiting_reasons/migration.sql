-- Why a task or a run waits is worked out when it is read: what was written here was true only until the next change.
ALTER TABLE "tasks" DROP COLUMN "waiting_reason";
ALTER TABLE "agent_runs" DROP COLUMN "waiting_reason";
