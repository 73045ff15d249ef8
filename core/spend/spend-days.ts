import type { Core } from '#core/platform/core.ts';
import { withLock } from '#core/platform/locked-client.ts';

/** Of what nobody has added up while no worker was there. */
const ALL_DAYS = 36_500;
/** The rows of an agent's day are added up when there are more of them than this. */
const MAX_ROWS = 20;

const FIGURES = 'runs, wall_ms, input_tokens, cached_input_tokens, output_tokens, cost_usd, unknown_cost_runs';
const SUMS = FIGURES.split(', ')
  .map((figure) => `sum(${figure}) as ${figure}`)
  .join(', ');

/**
 * Adds up what single runs have noted of each agent's day, so that a sum stays cheap to read. Rows that somebody else adds
 * up at the moment are left to them; a reader sees either the rows or their sum.
 * @param days how many days before today are looked at too
 */
export async function addUpSpendDays({ pool }: Core, days = 1): Promise<void> {
  await pool.query({
    name: 'add_up_spend_days',
    text: `
      with long as (select agent_id, day from run_spend_days where day >= (statement_timestamp() at time zone 'UTC')::date - $2::int
                     group by 1, 2 having count(*) > $1),
           held as (select s.ctid from run_spend_days s join long using (agent_id, day) for update of s skip locked),
           gone as (delete from run_spend_days where ctid = any(array(select ctid from held)) returning *)
      insert into run_spend_days (project_id, agent_id, day, is_gone, ${FIGURES})
      select project_id, agent_id, day, is_gone, ${SUMS} from gone group by 1, 2, 3, 4`,
    values: [MAX_ROWS, days],
  });
}

/** What the sums of one agent's day said, and what its runs say. */
interface Mended {
  projectId: string;
  agentId: string;
  day: string;
  countedRuns: number;
  runs: number;
  countedCostUsd: number;
  costUsd: number;
}

/**
 * Compares the sums with the runs themselves, and adds the difference where there is one. There is none as long as every
 * end of a run goes through the triggers; a restored table or a hand in the database may have left one. Each is logged.
 */
export async function mendSpendDays(core: Core): Promise<void> {
  await addUpSpendDays(core, ALL_DAYS);
  // Two at once would both add the same difference.
  const mended = await withLock(core, 'mend spend days', async () => (await core.pool.query<Mended>(MEND)).rows);
  for (const each of mended ?? [])
    core.logger.warn(
      each,
      "What an agent's runs have used on a day was summed wrongly; the sum is mended, and what made it wrong is not known",
    );
}

const figures = (write: (figure: string) => string): string => FIGURES.split(', ').map(write).join(', ');
// One statement sees the runs and their sums as of one moment, so runs that end meanwhile make no difference.
const MEND = `
  with counted as (
    select project_id, agent_id, day, ${SUMS} from run_spend_days where not is_gone group by 1, 2, 3
  ), there as (
    select project_id, agent_id, day, ${SUMS} from (select *, 1 as runs from run_spend) r group by 1, 2, 3
  ), different as (
    select project_id, agent_id, day, ${figures((f) => `coalesce(counted.${f}, 0) as counted_${f}, coalesce(there.${f}, 0) as ${f}`)}
      from counted full join there using (project_id, agent_id, day)
     where (${figures((f) => `coalesce(counted.${f}, 0)`)}) is distinct from (${figures((f) => `coalesce(there.${f}, 0)`)})
  ), mended as (
    insert into run_spend_days (project_id, agent_id, day, is_gone, ${FIGURES})
    select project_id, agent_id, day, false, ${figures((f) => `${f} - counted_${f}`)} from different
  )
  select project_id as "projectId", agent_id as "agentId", day::text, counted_runs::int as "countedRuns", runs::int as runs,
         counted_cost_usd::float8 as "countedCostUsd", cost_usd::float8 as "costUsd" from different`;
