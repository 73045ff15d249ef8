import { setTimeout as sleep } from 'node:timers/promises';
import type { FaultKind } from '../schedule/fault-kinds.ts';
import type { PlannedFault } from '../schedule/schedule.ts';
import { sendSignal } from '../system/processes.ts';
import type { Program } from '../system/program.ts';
import type { System } from '../system/system.ts';
import { hitOf, monotonicMs, type AppliedFault, type Hit, type Scene } from './hit.ts';
import { breakNetwork } from './network.ts';
import { exhaust, fillDisk, jumpClock } from './resources.ts';
import { choose, findAgents, findKeepers, liveApis, liveRunners } from './targets.ts';

/** Lets one fault loose and takes it back after its time. Resolves when it is over. */
export async function inject(scene: Scene, fault: PlannedFault): Promise<AppliedFault> {
  const fromMs = monotonicMs();
  const over = sleep(fault.durationMs);
  const hit = await strike(scene, fault, over);
  await over;
  return { kind: fault.kind, ...hit, fromMs, toMs: monotonicMs() };
}

async function strike(scene: Scene, fault: PlannedFault, over: Promise<void>): Promise<Hit> {
  const { system } = scene;
  const { kind, target } = fault;
  const [verb] = kind.split('-');
  if (verb === 'net' || verb === 'http') return breakNetwork(system, fault, over);
  if (verb === 'disk') return fillDisk(system, fault, over);
  if (verb === 'clock') return jumpClock(system, fault, over);
  if (verb === 'descriptors' || verb === 'memory') return exhaust(scene, fault, over);
  if (kind.includes('postgres-backend')) return killBackend(system, target);
  if (kind.includes('kill')) return kill(scene, fault, over);
  return pause(scene, fault, over);
}

function killBackend({ services }: System, target: number): Hit {
  services.killBackend(target);
  return hitOf("one of PostgreSQL's own processes");
}

function kill(scene: Scene, { kind, target }: PlannedFault, over: Promise<void>): Hit {
  const { system } = scene;
  if (kind === 'kill-postgres' || kind === 'kill-redis') {
    const name = kind === 'kill-postgres' ? 'postgres' : 'redis';
    system.services.kill(name, over);
    return hitOf(name);
  }
  if (kind === 'kill-agent' || kind === 'kill-keeper') return killInRun(scene, kind, target);
  const program = programFor(system, kind, target);
  if (kind === 'kill-runner-and-keeper') {
    const runner = choose(liveRunners(system), target);
    const keepers = runner ? findKeepers([runner]) : [];
    program?.kill(over);
    for (const pid of keepers) sendSignal(pid, 'SIGKILL');
    return hitOf(
      program && `${program.name} and ${keepers.length} keepers`,
      [...scene.runIds()].filter((runId) => scene.runnerOf(runId) === program?.name),
    );
  }
  program?.kill(over);
  return hitOf(program?.name);
}

function killInRun(scene: Scene, kind: 'kill-agent' | 'kill-keeper', target: number): Hit {
  if (kind === 'kill-agent') {
    const agent = choose(findAgents(scene.runIds()), target);
    if (agent) sendSignal(agent.pid, 'SIGKILL');
    return hitOf(agent && `agent ${agent.pid}`, agent ? [agent.runId] : []);
  }
  const runner = choose(liveRunners(scene.system), target);
  const pid = choose(runner ? findKeepers([runner]) : [], target >> 2);
  if (pid !== undefined) sendSignal(pid, 'SIGKILL');
  // Which run it kept is its own business: any of this runner's may have been hit.
  return hitOf(
    pid === undefined ? null : `keeper ${pid} of ${runner?.program.name}`,
    [...scene.runIds()].filter((runId) => scene.runnerOf(runId) === runner?.program.name),
  );
}

/** SIGSTOP, and SIGCONT when it is over. */
function pause(scene: Scene, { kind, target }: PlannedFault, over: Promise<void>): Hit {
  const { system } = scene;
  if (kind.includes('postgres') || kind.includes('redis')) {
    const name = kind.includes('postgres') ? 'postgres' : 'redis';
    system.services.signal(name, 'SIGSTOP');
    void over.then(() => system.services.signal(name, 'SIGCONT'));
    return hitOf(name);
  }
  const { pids, hit, runIds } = pausable(scene, kind, target);
  for (const pid of pids) sendSignal(pid, 'SIGSTOP');
  void over.then(() => pids.forEach((pid) => sendSignal(pid, 'SIGCONT')));
  return hitOf(pids.length > 0 ? hit : null, runIds);
}

function pausable(scene: Scene, kind: FaultKind, target: number): { pids: number[]; hit: string; runIds: string[] } {
  const { system } = scene;
  if (kind.includes('agent')) {
    const agent = choose(findAgents(scene.runIds()), target);
    return { pids: agent ? [agent.pid] : [], hit: `agent ${agent?.pid}`, runIds: agent ? [agent.runId] : [] };
  }
  const runner = choose(liveRunners(system), target);
  const ofRunner = [...scene.runIds()].filter((runId) => scene.runnerOf(runId) === runner?.program.name);
  if (kind.includes('keeper')) {
    const pids = runner ? findKeepers([runner]) : [];
    return { pids, hit: `${pids.length} keepers of ${runner?.program.name}`, runIds: ofRunner };
  }
  if (kind.includes('machine')) {
    const agents = findAgents(new Set(ofRunner)).map(({ pid }) => pid);
    const pids = runner?.program.pid ? [runner.program.pid, ...findKeepers([runner]), ...agents] : [];
    return { pids, hit: `everything of ${runner?.program.name}`, runIds: ofRunner };
  }
  const program = programFor(system, kind, target);
  return { pids: program?.pid ? [program.pid] : [], hit: program?.name ?? '', runIds: [] };
}

function programFor(system: System, kind: FaultKind, target: number): Program | undefined {
  if (kind.includes('workers')) return system.workers;
  return choose<{ program: Program }>(kind.includes('api') ? liveApis(system) : liveRunners(system), target)?.program;
}
