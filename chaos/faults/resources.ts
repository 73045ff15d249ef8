import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import type { PlannedFault } from '../schedule/schedule.ts';
import type { FakeClock } from '../system/fake-clock.ts';
import type { Program } from '../system/program.ts';
import type { System } from '../system/system.ts';
import { hitOf, randomOf, type Hit, type Scene } from './hit.ts';
import { choose, findAgents, liveApis, liveRunners } from './targets.ts';

const HOUR_S = 3_600;

/** Takes all the space of the disk under a runner's folder, or of the database's. */
export function fillDisk(system: System, { kind, target }: PlannedFault, over: Promise<void>): Hit {
  const runner = choose(liveRunners(system), target);
  const disk = kind === 'disk-database' ? system.servicesDisk : runner?.disk;
  if (!disk) return hitOf(null);
  disk.fill();
  void over.then(() => disk.free());
  return hitOf(kind === 'disk-database' ? "the database's disk" : `the disk of ${runner?.program.name}`);
}

/** The wall clock of one process jumps an hour, and back when it is over. */
export function jumpClock(system: System, fault: PlannedFault, over: Promise<void>): Hit {
  const owner = choose<{ program: Program; clock: FakeClock | null }>(
    fault.kind === 'clock-api' ? liveApis(system) : liveRunners(system),
    fault.target,
  );
  if (!owner?.clock) return hitOf(null);
  const { clock } = owner;
  clock.jump(randomOf(fault).pick([HOUR_S, -HOUR_S]));
  void over.then(() => clock.jump(0));
  return hitOf(owner.program.name);
}

/** Leaves a process as many descriptors, or as much memory, as it has, and no more. */
export function exhaust(scene: Scene, { kind, target }: PlannedFault, over: Promise<void>): Hit {
  const agent = kind.endsWith('agent') ? choose(findAgents(scene.runIds()), target) : undefined;
  const program = kind.endsWith('api')
    ? choose(liveApis(scene.system), target)?.program
    : choose(liveRunners(scene.system), target)?.program;
  const pid = kind.endsWith('agent') ? agent?.pid : program?.pid;
  if (pid === undefined || pid === null) return hitOf(null);
  // Nobody survives without memory, and few without descriptors: it may end, and is started again.
  if (!agent) program?.excuse(over.then(() => new Promise((resolve) => setTimeout(resolve, 1_000))));
  const limit = kind.startsWith('descriptors') ? '--nofile' : '--as';
  const enough = kind.startsWith('descriptors') ? readdirSync(`/proc/${pid}/fd`).length : addressSpaceOf(pid);
  setLimit(pid, limit, `${enough}:`);
  void over.then(() => setLimit(pid, limit, kind.startsWith('descriptors') ? '1024:' : 'unlimited:'));
  return hitOf(agent ? `agent ${pid}` : program?.name, agent ? [agent.runId] : []);
}

function addressSpaceOf(pid: number): number {
  const kilobytes = /^VmSize:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes ?? 0) * 1_024;
}

/** Only the soft limit, so that it can be raised again. */
function setLimit(pid: number, limit: string, value: string): void {
  try {
    execFileSync('prlimit', [`--pid=${pid}`, `${limit}=${value}`], { stdio: 'pipe' });
  } catch (error) {
    // It has ended meanwhile, perhaps of this very limit.
    if (!(error as { stderr?: Buffer }).stderr?.includes('No such process')) throw error;
  }
}
