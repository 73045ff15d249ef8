import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { FaultProxy } from '../proxy/fault-proxy.ts';
import { JournalServer } from '../workload/journal.ts';
import { Person } from '../workload/person.ts';
import { patience } from './busyness.ts';
import { SmallDisk } from './disks.ts';
import { FakeClock } from './fake-clock.ts';
import { Program, type Fall } from './program.ts';
import { Services } from './services.ts';

const rootDir = fileURLToPath(new URL('../..', import.meta.url));
const buildDir = join(rootDir, 'build');
const ONLINE_MS = 30_000;
const EMAIL = 'chaos@example.test';
const PASSWORD = 'a password for the chaos';
const MAX_APIS = 3;
const MAX_RUNNERS = 3;
const VIEWER_LINKS = 3;
const RUNNER_CAPACITY = 4;
const RUNNER_DISK_MB = 96;
const SERVICES_DISK_MB = 900;
/** Below this a run ends; the small disk has to be able to fall below it and to be above it again. */
const MIN_FREE_BYTES = 4 * 1024 * 1024;

export interface ApiProcess {
  program: Program;
  port: number;
  database: FaultProxy;
  redis: FaultProxy;
  clock: FakeClock | null;
}

export interface RunnerProcess {
  program: Program;
  folder: string;
  link: FaultProxy;
  disk: SmallDisk | null;
  clock: FakeClock | null;
}

export interface SystemOptions {
  /** libfaketime; null: no clock can jump. */
  fakeTime: string | null;
  /** Whether small disks are wanted; they need root. */
  hasDisks: boolean;
}

/** A whole product on services of its own, every process of it real and every connection through a proxy. */
export class System {
  readonly apis: ApiProcess[] = [];
  readonly runners: RunnerProcess[] = [];
  /** Connections of the people who look on, one a viewer. */
  readonly viewerLinks: FaultProxy[] = [];
  workers!: Program;
  workersDatabase!: FaultProxy;
  workersRedis!: FaultProxy;
  services!: Services;
  servicesDisk: SmallDisk | null = null;
  journal!: JournalServer;
  person!: Person;
  private isClockFaked = false;
  private apisInUse = 1;

  private constructor(
    readonly folder: string,
    private readonly options: SystemOptions,
  ) {}

  static async start(options: SystemOptions): Promise<System> {
    const missing = ['api', 'workers', 'runner', 'keeper', 'migrate', 'setup'].filter(
      (name) => !existsSync(join(buildDir, `${name}.mjs`)),
    );
    if (missing.length > 0)
      throw new Error(`Build the product first (npm run build): ${missing.join(', ')} missing in ${buildDir}`);
    const system = new System(mkdtempSync(join(tmpdir(), 'overmind-chaos-')), options);
    try {
      await system.open();
      return system;
    } catch (error) {
      await system.stop();
      throw error;
    }
  }

  get programs(): Program[] {
    return [
      ...this.apis.map(({ program }) => program),
      ...this.runners.map(({ program }) => program),
      ...(this.workers ? [this.workers] : []),
    ];
  }

  /** Processes of the product that ended by themselves since the last time this was asked. */
  takeFalls(): Fall[] {
    return this.programs.flatMap(({ falls }) => falls.splice(0));
  }

  /**
   * Makes the system of this size. Api processes that are not wanted stay up, and nobody is sent to them: they take long to start.
   * @param isClockFaked whether their clocks can be made to jump
   */
  async shape({
    apis,
    runners,
    isClockFaked,
  }: {
    apis: number;
    runners: number;
    isClockFaked: boolean;
  }): Promise<void> {
    const isOtherClock = isClockFaked !== this.isClockFaked;
    this.isClockFaked = isClockFaked;
    this.apisInUse = apis;
    await Promise.all(
      [...this.apis, ...this.runners].map(async (process) => {
        const { program } = process;
        const isWanted = 'port' in process || this.runners.indexOf(process) < runners;
        if (program.pid !== null && (!isWanted || isOtherClock)) await program.stop();
        if (isWanted && program.pid === null) await program.start();
      }),
    );
    await Promise.all(
      [...this.programs.filter(({ pid }) => pid !== null), this.workers].map((program) => program.ready()),
    );
    await this.runnersOnline(this.runners.slice(0, runners).map(({ program }) => program.name));
  }

  /** A project's repository is looked at by the runners that are online when it is chosen. */
  private async runnersOnline(names: readonly string[]): Promise<void> {
    const endMs = performance.now() + ONLINE_MS * patience();
    for (;;) {
      const online = await this.services.read(
        "select name from runners where connection = 'online' and name = any($1)",
        [names],
      );
      if (online.length === names.length) return;
      if (performance.now() > endMs)
        throw new Error(
          `Expected the runners ${names.join(', ')} to be online, found ${online.map(({ name }) => String(name)).join(', ') || 'none'}`,
        );
      await sleep(50);
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.programs.map((program) => program.stop()));
    await this.services?.stop();
    await this.journal?.close();
    await Promise.all([...this.links, ...this.viewerLinks].map((link) => link.close()));
    for (const { disk } of this.runners) disk?.unmount();
    this.servicesDisk?.unmount();
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }

  /** Api processes that are up and in use. */
  get liveApis(): ApiProcess[] {
    return this.apis.slice(0, this.apisInUse).filter(({ program }) => program.pid !== null);
  }

  private readonly apiPorts = (): number[] => this.liveApis.map(({ port }) => port);

  private get links(): FaultProxy[] {
    return [
      ...this.apis.flatMap(({ database, redis }) => [database, redis]),
      ...this.runners.map(({ link }) => link),
      ...(this.workersDatabase ? [this.workersDatabase, this.workersRedis] : []),
    ];
  }

  private async open(): Promise<void> {
    const { folder, options } = this;
    // PostgreSQL runs as a user of its own, who has to get at its folder.
    execFileSync('chmod', ['711', folder]);
    for (const name of ['data', 'logs', 'repositories']) mkdirSync(join(folder, name), { mode: 0o755 });
    const servicesFolder = join(folder, 'services');
    if (options.hasDisks) this.servicesDisk = SmallDisk.mount(servicesFolder, SERVICES_DISK_MB);
    this.services = await Services.start(rootDir, servicesFolder);
    this.journal = await JournalServer.start();
    const env = {
      ...this.baseEnv(),
      DATABASE_URL: this.services.url('postgres'),
      REDIS_URL: this.services.url('redis'),
    };
    for (const name of ['migrate', 'setup'])
      execFileSync(process.execPath, [join(buildDir, `${name}.mjs`)], { env, cwd: rootDir, stdio: 'pipe' });
    for (let index = 0; index < MAX_APIS; index += 1) this.apis.push(await this.makeApi(index));
    this.workersDatabase = await this.proxyTo('workers-postgres', () => [this.services.port('postgres')]);
    this.workersRedis = await this.proxyTo('workers-redis', () => [this.services.port('redis')]);
    this.workers = this.program('workers', ['workers'], () => this.serverEnv(this.workersDatabase, this.workersRedis));
    await Promise.all([this.apis[0]?.program.start(), this.workers.start()]);
    this.person = await Person.signIn(this.apiPorts, EMAIL, PASSWORD);
    for (let index = 0; index < MAX_RUNNERS; index += 1) this.runners.push(await this.makeRunner(index));
    for (let index = 0; index < VIEWER_LINKS; index += 1)
      this.viewerLinks.push(await this.proxyTo(`viewer-${index}`, this.apiPorts));
  }

  private async makeApi(index: number): Promise<ApiProcess> {
    const port = await freePort();
    const database = await this.proxyTo(`api-${index}-postgres`, () => [this.services.port('postgres')]);
    const redis = await this.proxyTo(`api-${index}-redis`, () => [this.services.port('redis')]);
    const clock = this.makeClock(`api-${index}`);
    const program = this.program(`api-${index}`, ['api'], () => ({
      ...this.serverEnv(database, redis),
      ...(this.isClockFaked ? clock?.env : {}),
      PORT: String(port),
    }));
    return { program, port, database, redis, clock };
  }

  private async makeRunner(index: number): Promise<RunnerProcess> {
    const name = `runner-${index}`;
    const folder = join(this.folder, name);
    const disk = this.options.hasDisks ? SmallDisk.mount(folder, RUNNER_DISK_MB) : null;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const token = await this.person.createRunner(name, RUNNER_CAPACITY);
    writeFileSync(join(folder, 'runner.json'), JSON.stringify({ token }), { mode: 0o600 });
    const policy = {
      roots: [join(this.folder, 'repositories')],
      executables: { node: { path: process.execPath } },
      capacity: RUNNER_CAPACITY,
      limits: { minFreeBytes: MIN_FREE_BYTES },
    };
    writeFileSync(join(folder, 'policy.json'), JSON.stringify(policy), { mode: 0o600 });
    const link = await this.proxyTo(`${name}-api`, this.apiPorts);
    const clock = this.makeClock(name);
    const program = this.program(name, ['runner', '--allow-root'], () => ({
      ...this.baseEnv(),
      ...(this.isClockFaked ? clock?.env : {}),
      HOME: folder,
      OVERMIND_URL: `http://127.0.0.1:${link.port}`,
      OVERMIND_RUNNER_DIR: folder,
      OVERMIND_RUNNER_ON_STOP: 'end',
      OVERMIND_BWRAP: this.services.bubblewrap,
    }));
    return { program, folder, link, disk, clock };
  }

  private makeClock(name: string): FakeClock | null {
    return this.options.fakeTime === null
      ? null
      : new FakeClock(this.options.fakeTime, join(this.folder, `${name}.clock`));
  }

  private program(
    name: string,
    [bundle, ...args]: readonly string[],
    env: () => Readonly<Record<string, string | undefined>>,
  ): Program {
    return new Program({
      name,
      args: [join(buildDir, `${bundle}.mjs`), ...args],
      env,
      logFile: join(this.folder, 'logs', `${name}.log`),
    });
  }

  private proxyTo(name: string, targets: () => readonly number[]): Promise<FaultProxy> {
    return FaultProxy.start(name, targets);
  }

  private serverEnv(database: FaultProxy, redis: FaultProxy): Record<string, string | undefined> {
    return {
      ...this.baseEnv(),
      DATABASE_URL: throughPort(this.services.url('postgres'), database.port),
      REDIS_URL: throughPort(this.services.url('redis'), redis.port),
    };
  }

  private baseEnv(): Record<string, string | undefined> {
    return {
      PATH: process.env['PATH'],
      HOME: this.folder,
      NODE_ENV: 'production',
      OVERMIND_DATA_DIR: join(this.folder, 'data'),
      OVERMIND_ADMIN_EMAIL: EMAIL,
      OVERMIND_ADMIN_PASSWORD: PASSWORD,
      OVERMIND_DEMO: '0',
      LOG_LEVEL: 'info',
    };
  }
}

function throughPort(url: string, port: number): string {
  const changed = new URL(url);
  changed.port = String(port);
  return changed.toString();
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
      .once('error', reject)
      .listen(0, '127.0.0.1', () => {
        const { port } = server.address() as AddressInfo;
        server.close(() => resolve(port));
      });
  });
}
