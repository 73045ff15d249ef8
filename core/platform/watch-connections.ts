import pg from 'pg';

/** A query that takes longer may be waiting for an answer that nobody will give. */
const SUSPECT_MS = 3_000;
const LOOK_MS = 1_000;
const PROBE_TIMEOUT_MS = 2_000;

/** What pg's client knows and its types do not say. */
interface Insight {
  processID: number | null;
  _activeQuery: object | null;
}
const insightOf = (client: pg.PoolClient | pg.Client): Insight => client as unknown as Insight;

/** What a client waits for, since when, and what its server said of itself when it was last asked. */
interface Wait {
  query: object;
  sinceMs: number;
  idleSince: string | null;
}
interface Backend {
  pid: number;
  /** Since when it has nothing to do; null: it is at work. */
  idle_since: string | null;
}

const FIND_BACKENDS = `
  select pid, case when state like 'idle%' then state_change::text end as idle_since
    from pg_stat_activity where pid = any($1::int[])
  union all select -pg_backend_pid(), null`;

/**
 * Ends connections whose other end is gone without a word (a firewall that forgot them, a machine that fell): nothing
 * ever comes over them, and a query on one would wait for ever. A query that takes long is asked about over a connection of
 * its own: where the server has no such process, or one that has had nothing to do since, the connection is ended, and the
 * query fails as with any that breaks. A server that is busy, locked, stopped or away ends nothing.
 * @param onGone how many were ended
 * @returns ends the watching
 */
export function watchConnections(pool: pg.Pool, config: pg.ClientConfig, onGone: (count: number) => void): () => void {
  const inUse = new Set<pg.PoolClient>();
  const idle = new Set<pg.PoolClient>();
  const waits = new Map<pg.PoolClient, Wait>();
  pool.on('acquire', (client) => {
    idle.delete(client);
    inUse.add(client);
  });
  pool.on('release', (_error, client) => {
    inUse.delete(client);
    waits.delete(client);
    idle.add(client);
  });
  pool.on('remove', (client) => {
    inUse.delete(client);
    idle.delete(client);
    waits.delete(client);
  });

  let isLooking = false;
  const timer = setInterval(() => {
    if (isLooking) return;
    const suspects = findSuspects();
    if (suspects.length === 0) return;
    isLooking = true;
    endDead(suspects)
      // Without an answer nothing is known, and nothing is ended.
      .catch(() => undefined)
      .finally(() => (isLooking = false));
  }, LOOK_MS);
  timer.unref();

  function findSuspects(): pg.PoolClient[] {
    const nowMs = performance.now();
    return [...inUse].filter((client) => {
      const { _activeQuery: query } = insightOf(client);
      const wait = waits.get(client);
      if (query && wait?.query === query) return nowMs - wait.sinceMs >= SUSPECT_MS;
      if (query) waits.set(client, { query, sinceMs: nowMs, idleSince: null });
      else waits.delete(client);
      return false;
    });
  }

  async function endDead(suspects: readonly pg.PoolClient[]): Promise<void> {
    const asked = suspects.flatMap((client) => waits.get(client) ?? []);
    const backends = await findBackends([...suspects, ...idle]);
    if (!backends) return;
    let gone = 0;
    for (const [i, client] of suspects.entries()) {
      const wait = waits.get(client);
      // Answered in the meantime, or waiting for something else.
      if (!wait || wait !== asked[i] || insightOf(client)._activeQuery !== wait.query) continue;
      const backend = backends.get(insightOf(client).processID ?? 0);
      const idleSince = backend?.idle_since ?? null;
      // Seen twice: the query may have been on its way to it.
      const isDead = !backend || (idleSince !== null && idleSince === wait.idleSince);
      wait.idleSince = idleSince;
      if (!isDead) continue;
      gone += 1;
      // With a query under way, this breaks the connection: nobody is waited for.
      void (client as pg.PoolClient & pg.Client).end().catch(() => undefined);
    }
    // Those that nobody uses at the moment would each cost the next query its time.
    if (gone > 0)
      for (const client of [...idle])
        if (!backends.has(insightOf(client).processID ?? 0)) {
          gone += 1;
          client.emit('error', new Error('The other end of this connection is gone'));
        }
    if (gone > 0) onGone(gone);
  }

  /** @returns by process id; null: something stands between us and the server, and its process ids are not the server's */
  async function findBackends(clients: readonly pg.PoolClient[]): Promise<Map<number, Backend> | null> {
    const probe = new pg.Client({
      ...config,
      connectionTimeoutMillis: PROBE_TIMEOUT_MS,
      query_timeout: PROBE_TIMEOUT_MS,
    });
    probe.on('error', () => undefined);
    try {
      await probe.connect();
      const pids = clients.flatMap((client) => insightOf(client).processID ?? []);
      const { rows } = await probe.query<Backend>(FIND_BACKENDS, [pids]);
      const isDirect = rows.some(({ pid }) => pid === -(insightOf(probe).processID ?? 0));
      return isDirect ? new Map(rows.map((row) => [row.pid, row])) : null;
    } finally {
      void probe.end().catch(() => undefined);
    }
  }

  return () => clearInterval(timer);
}
