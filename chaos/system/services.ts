import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { prepareServices, type RunningService } from './own-services.mjs';
import { listProcesses, sendSignal, treeOf } from './processes.ts';

type ServiceName = 'postgres' | 'redis';

const STOP_MS = 20_000;

/** PostgreSQL and Redis of one system: real ones, that are killed, stalled and started again on the same port. */
export class Services {
  private readonly running = new Map<ServiceName, RunningService>();
  private readonly heldDown = new Map<ServiceName, Promise<void>>();
  private isStopping = false;
  private pool: pg.Pool | null = null;

  private constructor(private readonly own: Awaited<ReturnType<typeof prepareServices>>) {}

  static async start(rootDir: string, folder: string): Promise<Services> {
    const services = new Services(await prepareServices(rootDir, folder));
    await Promise.all([services.launch('postgres'), services.launch('redis')]);
    return services;
  }

  /** Where bubblewrap is; undefined: it can not be had here. */
  get bubblewrap(): string | undefined {
    return this.own.bubblewrap;
  }

  url(name: ServiceName): string {
    const service = this.running.get(name);
    if (!service) throw new Error(`${name} has not been started`);
    return service.url;
  }

  port(name: ServiceName): number {
    return Number(new URL(this.url(name)).port);
  }

  /** The harness's own way to the rows, around all faults. Repeats a read until the database answers. */
  async read<Row extends pg.QueryResultRow>(text: string, values: unknown[] = []): Promise<Row[]> {
    for (;;) {
      try {
        return (await this.database().query<Row>(text, values)).rows;
      } catch (error) {
        // It was killed, or is stalled or without space: that is what this is about.
        if (this.isStopping || !isAway(error)) throw error;
        await sleep(100);
      }
    }
  }

  /** SIGKILL; started again when `until` has resolved. */
  kill(name: ServiceName, until: Promise<void>): void {
    this.heldDown.set(name, until);
    const pid = this.running.get(name)?.pid;
    if (pid !== undefined) sendSignal(pid, 'SIGKILL');
  }

  /** Kills one of PostgreSQL's own processes: it then breaks every connection and recovers by itself. */
  killBackend(choice: number): void {
    const postmaster = this.running.get('postgres')?.pid ?? 0;
    const backends = listProcesses().filter(
      ({ parent, command }) => parent === postmaster && command.includes('127.0.0.1('),
    );
    const chosen = backends[choice % Math.max(1, backends.length)];
    if (chosen) sendSignal(chosen.pid, 'SIGKILL');
  }

  signal(name: ServiceName, signal: 'SIGSTOP' | 'SIGCONT'): void {
    const pid = this.running.get(name)?.pid;
    if (pid !== undefined) for (const each of treeOf(pid)) sendSignal(each, signal);
  }

  async stop(): Promise<void> {
    this.isStopping = true;
    await this.pool?.end();
    for (const [name, service] of this.running) {
      this.signal(name, 'SIGCONT');
      // SIGINT is PostgreSQL's fast shutdown; SIGTERM would wait for every client to leave.
      sendSignal(service.pid, name === 'postgres' ? 'SIGINT' : 'SIGTERM');
      const impatience = setTimeout(() => sendSignal(service.pid, 'SIGKILL'), STOP_MS);
      await service.exited;
      clearTimeout(impatience);
    }
  }

  private database(): pg.Pool {
    if (!this.pool) {
      this.pool = new pg.Pool({
        connectionString: this.url('postgres'),
        max: 4,
        connectionTimeoutMillis: 5_000,
        query_timeout: 10_000,
        application_name: 'chaos',
      });
      // An idle connection that breaks is replaced at the next query.
      this.pool.on('error', () => undefined);
    }
    return this.pool;
  }

  private async launch(name: ServiceName): Promise<void> {
    const service = await this.own.start(name);
    const before = this.running.get(name);
    if (before && before.url !== service.url)
      throw new Error(`${name} lost its port while it was down: this machine is too busy for the test`);
    this.running.set(name, service);
    void service.exited.then(() => this.again(name));
  }

  private async again(name: ServiceName): Promise<void> {
    await this.heldDown.get(name);
    while (!this.isStopping) {
      try {
        return await this.launch(name);
      } catch (error) {
        // Without space it can not recover; it is tried again, as the supervisor does.
        if (this.isStopping) return;
        lastTrouble.set(name, error);
        await sleep(500);
      }
    }
  }
}

/** Why a service could not be started again the last time, for a report. */
export const lastTrouble = new Map<ServiceName, unknown>();

const AWAY_CODES = [
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  '57P01',
  '57P02',
  '57P03',
  '53100',
  '53300',
  '08006',
  '08003',
];

function isAway(error: unknown): boolean {
  const { code, message = '' } = error as { code?: string; message?: string };
  return AWAY_CODES.includes(code ?? '') || /terminated|timeout|Query read timeout|closed/i.test(message);
}
