-- Ends that a run could not name before: a merge of something else than what was reviewed, a machine without a
-- sandbox where the policy wants one, and a merge whose runner was lost at the last step.
ALTER TYPE "run_reason" ADD VALUE 'review_outdated' AFTER 'merge_conflict';
ALTER TYPE "run_reason" ADD VALUE 'not_sandboxed' AFTER 'review_outdated';
ALTER TYPE "run_reason" ADD VALUE 'outcome_unknown' AFTER 'runner_lost';
