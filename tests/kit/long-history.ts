import type pg from 'pg';
import type { Core } from '#core/platform/core.ts';

export interface LongHistorySize {
  /** Tasks of the project, each with a run that ended or waits, and as many of each other thing that grows. */
  tasks: number;
  /** Lines of all runs together. */
  logLines: number;
}

export interface LongHistoryOwners {
  projectId: string;
  agentId: string;
  userId: string;
  conversationId: string;
  runnerId: string;
}

/** Ids are made of a kind and a number, so that what belongs together is found without reading it. */
const ID_KINDS = {
  task: 1,
  run: 2,
  message: 3,
  event: 4,
  artifact: 5,
  cycle: 6,
  deletion: 7,
  version: 8,
  user: 9,
  other: 10,
  recording: 11,
} as const;
type IdKind = keyof typeof ID_KINDS;

const DAYS = 40;
/** Their triggers serve single writes. */
const COUNTED = ['tasks', 'agent_runs'];
const OTHER_PROJECTS = 100;
/** Of the run that has a tenth of all lines. */
const RUN_ENTRIES = 3_000;

/** The id of the nth (from 1) of a kind: a UUIDv7 of the moment it was made, which `growLongHistory` has counted from. */
export async function longHistoryId(core: Core, kind: IdKind, n: number): Promise<string> {
  const { rows } = await core.pool.query<{ id: string }>('select long_history_id($1, $2) as id', [ID_KINDS[kind], n]);
  const [row] = rows;
  if (!row) throw new Error(`Expected the id of ${kind} ${n}`);
  return row.id;
}

/**
 * Fills a project as years of use by many would: nine tasks of ten are done, the others open; every table that grows
 * has about as many rows as there are tasks, and 100 other projects have a little of it. Written by SQL, without the
 * triggers that serve single writes: the product's commands would take hours.
 */
export async function growLongHistory(core: Core, owners: LongHistoryOwners, size: LongHistorySize): Promise<void> {
  const client = await core.pool.connect();
  try {
    await client.query('set statement_timeout = 0');
    await client.query('begin');
    await defineIds(client, size.tasks);
    for (const table of COUNTED) await client.query(`alter table ${table} disable trigger user`);
    const putBack = await takeDownIndexes(client);
    for (const text of STATEMENTS(size)) {
      const given = [owners.projectId, owners.agentId, owners.userId, owners.conversationId, owners.runnerId];
      // Each statement names the owners it needs; PostgreSQL wants to know the type of every one that is sent.
      const used = [...new Set(text.match(/\$\d/g))].sort();
      const values = used.map((name) => given[Number(name.slice(1)) - 1]);
      await client.query(
        text.replaceAll(/\$\d/g, (name) => `$${used.indexOf(name) + 1}::uuid`),
        values,
      );
    }
    for (const text of putBack) await client.query(text);
    for (const table of COUNTED) await client.query(`alter table ${table} enable trigger user`);
    await client.query('commit');
    await client.query('vacuum analyze');
  } finally {
    client.release(true);
  }
}

/**
 * Indexes that are built at once, and references that are checked at once, cost a third of what they cost row by row.
 * @returns the statements that put them back
 */
async function takeDownIndexes(client: pg.PoolClient): Promise<string[]> {
  const { rows } = await client.query<{ down: string; up: string }>(`
    select format('alter table %s drop constraint %I', conrelid::regclass, conname) as down,
           format('alter table %s add constraint %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) as up
      from pg_constraint where contype = 'f' and connamespace = 'public'::regnamespace and conparentid = 0
    union all
    select format('drop index %s', i.indexrelid::regclass), pg_get_indexdef(i.indexrelid)
      from pg_index i join pg_class c on c.oid = i.indrelid
     where c.relnamespace = 'public'::regnamespace and not i.indisprimary and not c.relispartition
       and c.relname <> 'task_counters' and not exists (select 1 from pg_constraint k where k.conindid = i.indexrelid)`);
  for (const { down } of rows) await client.query(down);
  // References need the unique indexes that they are of.
  return rows.map(({ up }) => up).reverse();
}

async function defineIds(client: pg.PoolClient, tasks: number): Promise<void> {
  const stepMs = Math.floor((DAYS * 86_400_000) / tasks);
  const [start] = (
    await client.query<{ ms: string }>(
      `select floor(extract(epoch from now() - interval '${DAYS} days') * 1000)::text as ms`,
    )
  ).rows;
  if (!start) throw new Error('Expected the time');
  await client.query(`
    create function long_history_at(n int) returns timestamptz language sql immutable as $$
      select to_timestamp((${start.ms} + n::bigint * ${stepMs}) / 1000.0) $$;
    create function long_history_id(kind int, n int) returns uuid language sql immutable as $$
      select (lpad(to_hex(${start.ms} + n::bigint * ${stepMs}), 12, '0') || '7' || lpad(to_hex(kind), 3, '0') || '8' || lpad(to_hex(n), 15, '0'))::uuid $$;
    select ensure_agent_run_log_partitions((now() - interval '${DAYS} days')::date, 5)`);
}

const id = (kind: IdKind, n = 'n'): string => `long_history_id(${ID_KINDS[kind]}, ${n})`;

/** $1 project, $2 agent, $3 user, $4 conversation, $5 runner. */
const STATEMENTS = ({ tasks, logLines }: LongHistorySize): string[] => {
  const each = `generate_series(1, ${tasks}) n, lateral (select long_history_at(n) as at) moment`;
  const done = Math.floor(tasks * 0.9);
  // The last tenth is open: half of it waits, the rest is in review, blocked or has failed.
  const status = `(case when n <= ${done} then (case when n % 20 = 0 then 'canceled' else 'done' end)
                        else (array['queued', 'needs_review', 'queued', 'blocked', 'queued', 'failed'])[1 + n % 6] end)::task_status`;
  const isHeld = `(n > ${done} and n % 6 = 2)`;
  const isWaiting = `(n > ${done} and n % 6 in (0, 4))`;
  return [
    `insert into tasks (id, project_id, number, agent_id, agent_name, title, description, acceptance_criteria, type, priority, status,
                        requested_by, blocked_reason, held_by, held_at, created_by_user_id, created_at, updated_at)
     select ${id('task')}, $1, n, $2, 'backend', 'Mend the ' || md5(n::text) || ' of part ' || n, repeat('Words about it. ', 8), '{}',
            'code_change', 1 + n % 5, ${status}, 'api', case when n > ${done} and n % 6 = 3 then 'It waits for a decision.' end, case when ${isHeld} then 'anna' end, case when ${isHeld} then at end, $3, at, at from ${each}`,
    `insert into task_counts (project_id, status, is_held, tasks) select project_id, status, held_by is not null, count(*) from tasks where project_id = $1 group by 1, 2, 3`,
    `insert into task_counters (project_id, last_number) values ($1, ${tasks}) on conflict (project_id) do update set last_number = ${tasks}`,
    `insert into agent_runs (id, project_id, agent_id, task_id, attempt, status, reason, runner_id, queue_priority, line_count, head_commit,
                             created_at, started_at, finished_at)
     select ${id('run')}, $1, $2, ${id('task')}, 1, (case when ${isWaiting} then 'pending' when n > ${done} and n % 6 = 5 then 'failed' else 'completed' end)::run_status,
            (case when ${isWaiting} then null when n > ${done} and n % 6 = 5 then 'internal' else 'ok' end)::run_reason,
            case when not ${isWaiting} then $5 end, 1 + n % 5, case when ${isWaiting} then 0 else 10 end, case when not ${isWaiting} then repeat('b', 40) end,
            at, case when not ${isWaiting} then at end, case when not ${isWaiting} then at end from ${each}`,
    `insert into run_spend_days
     select project_id, agent_id, day, false, count(*), sum(wall_ms), 0, 0, 0, 0, count(*) from run_spend where project_id = $1 group by 1, 2, 3`,
    `update tasks set result_run_id = ${id('run', 'number')} where project_id = $1 and status = 'needs_review'`,
    // A tenth of all lines are of one run, which is read in pages.
    `insert into agent_run_logs (run_id, seq, stream, message)
     select ${id('run', `1 + (n % ${done})`)}, n / ${done}, 'stdout', 'line ' || n from generate_series(0, ${Math.floor(logLines * 0.9)} - 1) n`,
    `insert into agent_run_logs (run_id, seq, stream, message)
     select ${id('run', '1')}, 1000 + n, 'stdout', 'line ' || n from generate_series(0, ${Math.floor(logLines * 0.1)} - 1) n`,
    `insert into run_activity (run_id, seq, entry)
     select ${id('run', '1')}, n, jsonb_build_object('kind', 'message', 'item', n, 'text', 'entry ' || n) from generate_series(0, ${RUN_ENTRIES} - 1) n`,
    `update agent_runs set line_count = ${1_000 + Math.floor(logLines * 0.1)}, activity_count = ${RUN_ENTRIES} where id = ${id('run', '1')}`,
    // A fifth of the audit trail is of one task.
    `insert into task_events (id, task_id, event_type, payload, created_at)
     select ${id('event')}, ${id('task', `case when n % 5 = 0 then ${tasks} else n end`)}, 'comment', '{"text": "Looked at it", "by": "anna"}', at from ${each}`,
    `insert into messages (id, project_id, conversation_id, role, content, created_by_user_id, ingested_at, answers_id, created_at)
     select ${id('message')}, $1, $4, (case when n % 2 = 0 then 'user' else 'relayer' end)::message_role, 'Say ' || n, $3, at,
            case when n % 2 = 1 and n > 1 then ${id('message', 'n - 1')} end, at from ${each}`,
    `insert into message_tasks (message_id, task_id) select ${id('message')}, ${id('task')} from ${each} where n % 2 = 1`,
    `insert into requests (id, project_id, message_id, ordinal, content, created_at)
     select gen_random_uuid(), $1, ${id('message')}, 0, '{}', at from ${each} where n % 4 = 0`,
    `insert into project_state_versions (id, project_id, version, state_format, content, content_hash, facts_hash, changes, human, created_at, updated_at)
     select ${id('version')}, first.project_id, first.version + n, first.state_format, first.content, first.content_hash, 'facts ' || n, first.changes,
            case when n < ${tasks} then '{"notes": "As it was then"}' else first.human end, at, at
       from project_state_versions first, ${each}
      where first.project_id = $1 and first.version = 1`,
    `update projects set state_copied = ${tasks} + 1, state_copied_revision = 1 where id = $1`,
    `insert into artifacts (id, project_id, task_id, run_id, kind, name, mime_type, size, sha256, storage_path, metadata, created_at)
     select ${id('artifact')}, $1, ${id('task')}, ${id('run')}, 'diff', 'changes.diff', 'text/x-diff', 10, 'x', 'p/' || n, '{}', at from ${each}`,
    `insert into realtime_events (project_id, cursor, event_type, payload, created_at)
     select $1, last.cursor + n, last.event_type, last.payload, at from ${each},
            lateral (select cursor, event_type, payload from realtime_events where project_id = $1 order by cursor desc limit 1) last`,
    `update projects set event_cursor = (select max(cursor) from realtime_events where project_id = $1),
                         state_told = (select max(cursor) from realtime_events where project_id = $1) where id = $1`,
    `insert into orchestrator_cycles (id, project_id, mode, status, cause, phase, started_at, finished_at, created_at)
     select ${id('cycle')}, $1, 'incremental', 'completed', 'message', 'completed', at, at, at from ${each}`,
    `insert into deletions (id, kind, entity_id, project_id, project_name, name, deleted_by, task_count, run_count, log_line_count, artifact_count, created_at, finished_at)
     select ${id('deletion')}, 'task', ${id('deletion')}, $1, 'Demo', 'Gone', 'anna', 1, 1, 10, 1, at, at from ${each}`,
    `insert into idempotency_keys (user_id, key_hash, operation, input_hash, made_id, created_at)
     select $3, 'key ' || n, 'createTask', 'x', ${id('task')}, now() - make_interval(secs => n / 10.0) from ${each} where n <= 80 * ${tasks} / 100`,
    `insert into recordings (id, project_id, created_by_user_id, name, storage_path, mime_type, size, uploaded_at, transcription_status, transcript_text, created_at)
     select ${id('recording')}, $1, $3, 'Recording ' || n, 'r/' || n, 'audio/webm', 10, at, 'completed',
            'Somebody has said the word' || n || ' ' || repeat('and so on ', 8), at from ${each}`,
    `insert into recording_tasks (recording_id, task_id) select ${id('recording')}, ${id('task')} from ${each}`,
    `insert into proposals (id, project_id, changes, status, resolved_at, created_at) select gen_random_uuid(), $1, '[]', 'confirmed', at, at from ${each}`,
    `insert into repository_grants (id, runner_id, path, project_id, granted_by_user_id, created_at, revoked_by_user_id, revoked_at)
     select gen_random_uuid(), $5, '/srv/old', $1, $3, at, $3, at from ${each} where n % 5 = 0`,
    `insert into deleted_tasks (runner_id, task_id) select $5, ${id('deletion')} from ${each} where n % 10 = 0`,
    `insert into runner_repositories (runner_id, path, facts) values ($5, '/srv/another',
       '{"branch": "main", "remoteUrl": null, "lastCommit": null, "isBare": false, "worktreeOf": null}')`,
    `insert into users (id, email, password_hash, created_at) select ${id('user')}, 'p' || n || '@example.test', 'x', at from ${each} where n % 5 = 0`,
    `insert into sessions (id, user_id, token_hash, expires_at, last_used_at, created_at)
     select gen_random_uuid(), ${id('user', '5 * ((n + 4) / 5)')}, 'session ' || n, now() + interval '1 day', at, at from ${each}`,
    `insert into api_tokens (id, user_id, name, prefix, token_hash, scopes, created_at, revoked_at)
     select gen_random_uuid(), ${id('user')}, 'ci', 'x', 'token ' || n, '{}', at, at from ${each} where n % 5 = 0`,
    `insert into project_keys (key, project_id) select 'OTH' || n, ${id('cycle')} from generate_series(1, ${OTHER_PROJECTS}) n`,
    `insert into projects (id, key, name, updated_at, created_at) select ${id('cycle')}, 'OTH' || n, 'Other ' || n, at, at
       from generate_series(1, ${OTHER_PROJECTS}) n, lateral (select long_history_at(n) as at) moment`,
    `insert into project_members (id, project_id, user_id, role) select gen_random_uuid(), ${id('cycle')}, $3, 'owner' from generate_series(1, ${OTHER_PROJECTS}) n`,
    `insert into agents (id, project_id, name, config_json)
     select ${id('cycle')}, ${id('cycle')}, 'backend', a.config_json from generate_series(1, ${OTHER_PROJECTS}) n, agents a where a.id = $2`,
    `insert into tasks (id, project_id, number, title, acceptance_criteria, type, status, requested_by)
     select ${id('other', `m * ${Math.max(tasks / 20, OTHER_PROJECTS)} + n`)}, ${id('cycle')}, m, 'Task', '{}', 'doc', (case when m < 10 then 'done' else 'queued' end)::task_status, 'api'
       from generate_series(1, ${OTHER_PROJECTS}) n, generate_series(1, 20) m`,
    `insert into task_counts (project_id, status, is_held, tasks) select project_id, status, false, count(*) from tasks where project_id <> $1 group by 1, 2`,
    `insert into agent_runs (id, project_id, agent_id, task_id, attempt, status, reason, started_at, finished_at)
     select t.id, t.project_id, t.project_id, t.id, 1, 'completed', 'ok', now(), now() from tasks t where t.project_id <> $1 and t.status = 'done'`,
    `insert into project_state_versions (id, project_id, version, state_format, content, content_hash, facts_hash)
     select gen_random_uuid(), ${id('cycle')}, m, 'yaml', 'x', 'x', 'x' from generate_series(1, ${OTHER_PROJECTS}) n, generate_series(1, 20) m`,
    `update projects set state_changes = 1, state_rendered = 1, state_copied = 21, state_copied_revision = 1 where id <> $1`,
  ];
};
