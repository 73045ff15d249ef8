import { System, type SystemOptions } from './system.ts';

/** A few systems, each used by one schedule at a time. */
export class SystemPool {
  private readonly systems: System[] = [];
  private readonly free: System[] = [];
  private readonly waiting: ((system: System) => void)[] = [];

  constructor(
    private readonly size: number,
    private readonly options: SystemOptions,
  ) {}

  async start(): Promise<void> {
    const started = await Promise.allSettled(Array.from({ length: this.size }, () => System.start(this.options)));
    for (const result of started) if (result.status === 'fulfilled') this.systems.push(result.value);
    const failed = started.find((result) => result.status === 'rejected');
    if (failed) {
      await this.stop();
      throw failed.reason;
    }
    this.free.push(...this.systems);
  }

  async use<T>(work: (system: System) => Promise<T>): Promise<T> {
    const system = this.free.pop() ?? (await new Promise<System>((resolve) => this.waiting.push(resolve)));
    let whole = system;
    try {
      return await work(system);
    } catch (error) {
      // Nobody knows in what state it is: the next schedule gets a new one.
      whole = await this.replace(system);
      throw error;
    } finally {
      const next = this.waiting.shift();
      if (next) next(whole);
      else this.free.push(whole);
    }
  }

  private async replace(system: System): Promise<System> {
    await system.stop();
    const fresh = await System.start(this.options);
    this.systems.splice(this.systems.indexOf(system), 1, fresh);
    return fresh;
  }

  async stop(): Promise<void> {
    await Promise.all(this.systems.splice(0).map((system) => system.stop()));
  }
}
