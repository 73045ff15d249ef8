import { SYSTEM } from '#core/access/actor.ts';
import type { Core } from '#core/platform/core.ts';
import { eachAlone } from '#core/platform/each-alone.ts';
import { inTransaction } from '#core/platform/in-transaction.ts';
import { askToStop } from '#core/runs/ask-to-stop.ts';
import { CLAIMED_SQL } from '#core/runs/statuses.ts';
import * as sql from './cap-sql.ts';
import { agentCapsOf, capReason, projectCapsOf } from './caps.ts';
import type { Used } from './caps.ts';

interface CappedRun {
  id: string;
  agentName: string;
  agentConfig: unknown;
  projectCaps: unknown;
  agentUsed: Used | null;
  projectUsed: Used | null;
  taskUsedToday: Used | null;
  taskUsed: Used | null;
}

// Runs at work are few, and those of a project and an agent without caps cost nothing.
const CAPPED = `
  select r.id, a.name as "agentName", a.config_json as "agentConfig", p.caps as "projectCaps",
         ${sql.usedJsonSql(sql.AGENT_DAY_CAPS, sql.usedTodaySql('agent_id', 'a.id'))} as "agentUsed",
         ${sql.usedJsonSql(sql.PROJECT_DAY_CAPS, sql.usedTodaySql('project_id', 'p.id'))} as "projectUsed",
         ${sql.usedJsonSql(sql.TASK_DAY_CAPS, sql.usedByTaskSql('r.task_id', 'today'))} as "taskUsedToday",
         ${sql.usedJsonSql(sql.TASK_CAPS, sql.usedByTaskSql('r.task_id', 'in_all'))} as "taskUsed"
    from agent_runs r join agents a on a.id = r.agent_id join projects p on p.id = r.project_id
   where r.status ${CLAIMED_SQL} and r.kind = 'task' and r.cancel_requested_at is null
     and (${sql.hasCapsSql(sql.AGENT_DAY_CAPS)} or p.caps <> '{}')`;

/**
 * Stops the runs at work whose agent, project or task has used up a cap. Time is known as it passes; tokens and cost of a
 * run at work count as soon as its activity tells them, until then only those of the runs that have ended.
 * @returns how many were stopped
 */
export async function stopRunsOverCaps(core: Core): Promise<number> {
  const { rows } = await core.pool.query<CappedRun>({ name: 'capped_runs', text: CAPPED });
  const over = rows.flatMap((row) => {
    const words = reasonToStop(row);
    return words === null ? [] : [{ id: row.id, words }];
  });
  let stopped = 0;
  await eachAlone(core, 'to stop a run that is over a cap', over, async ({ id, words }) => {
    const isStopped = await inTransaction(core, (tx) => askToStop(tx, SYSTEM('a cap'), id, 'budget', words));
    stopped += isStopped ? 1 : 0;
  });
  return stopped;
}

function reasonToStop(run: CappedRun): string | null {
  const project = projectCapsOf({ caps: run.projectCaps });
  const agent = agentCapsOf(run.agentConfig);
  const isStarted = { isStarted: true };
  return (
    capReason(project.perTask, run.taskUsed, { subject: 'The task', isPerDay: false }, isStarted) ??
    capReason(project.perTaskDay, run.taskUsedToday, { subject: 'The task', isPerDay: true }, isStarted) ??
    capReason(agent.perDay, run.agentUsed, { subject: `The agent ${run.agentName}`, isPerDay: true }, isStarted) ??
    capReason(project.perDay, run.projectUsed, { subject: 'The project', isPerDay: true }, isStarted)
  );
}
