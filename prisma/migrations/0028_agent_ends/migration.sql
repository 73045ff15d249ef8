-- How an agent's own stream says that it ended: its exit code can not tell these apart.
ALTER TYPE "run_reason" ADD VALUE 'refused' AFTER 'exit_code';
ALTER TYPE "run_reason" ADD VALUE 'nothing_done' AFTER 'refused';
ALTER TYPE "run_reason" ADD VALUE 'sign_in_needed' AFTER 'nothing_done';
ALTER TYPE "run_reason" ADD VALUE 'quota' AFTER 'sign_in_needed';
ALTER TYPE "run_reason" ADD VALUE 'rate_limited' AFTER 'quota';
ALTER TYPE "run_reason" ADD VALUE 'overloaded' AFTER 'rate_limited';
ALTER TYPE "run_reason" ADD VALUE 'context_full' AFTER 'overloaded';
ALTER TYPE "run_reason" ADD VALUE 'model_unknown' AFTER 'context_full';
ALTER TYPE "run_reason" ADD VALUE 'permission_denied' AFTER 'model_unknown';
ALTER TYPE "run_reason" ADD VALUE 'cut_off' AFTER 'permission_denied';
ALTER TYPE "run_reason" ADD VALUE 'agent_crashed' AFTER 'cut_off';
