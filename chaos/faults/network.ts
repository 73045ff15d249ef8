import type { FaultKind } from '../schedule/fault-kinds.ts';
import type { PlannedFault } from '../schedule/schedule.ts';
import type { FaultProxy, NetworkFault } from '../proxy/fault-proxy.ts';
import type { Random } from '../schedule/random.ts';
import type { System } from '../system/system.ts';
import { hitOf, randomOf, type Hit } from './hit.ts';
import { choose, liveApis, liveRunners } from './targets.ts';

/** Lets the network between two processes misbehave for a while. */
export function breakNetwork(system: System, fault: PlannedFault, over: Promise<void>): Hit {
  const random = randomOf(fault);
  const links = chooseLinks(system, fault, random);
  const trouble = troubleOf(fault.kind, random);
  for (const link of links) link.set(trouble);
  void over.then(() => links.forEach((link) => link.set(null)));
  return hitOf(links.length > 0 ? links.map(({ name }) => name).join(', ') : null);
}

function chooseLinks(system: System, { kind, target }: PlannedFault, random: Random): FaultProxy[] {
  const runner = choose(liveRunners(system), target)?.link;
  const api = choose(liveApis(system), target);
  // Proxies that speak HTTP stand in front of the api; everything a runner says goes through them.
  const where =
    kind.startsWith('http') || kind === 'net-cut-long'
      ? 'runner'
      : random.weighted({ runner: 10, everyRunner: 3, database: 4, redis: 3, viewer: 3, workers: 2 });
  const found: (FaultProxy | undefined)[] = {
    runner: [runner],
    everyRunner: liveRunners(system).map(({ link }) => link),
    database: [api?.database],
    redis: [api?.redis],
    viewer: [choose(system.viewerLinks, target)],
    workers: [random.chance(0.5) ? system.workersDatabase : system.workersRedis],
  }[where];
  return found.flatMap((link) => link ?? []);
}

function troubleOf(kind: FaultKind, random: Random): NetworkFault {
  switch (kind) {
    case 'net-cut':
    case 'net-cut-long':
      return { kind: 'cut' };
    case 'net-black-hole':
      return { kind: 'black_hole' };
    case 'net-delay':
      return { kind: 'delay', ms: random.between(20, 400) };
    case 'net-throttle':
      return { kind: 'throttle' };
    case 'net-reset':
      return { kind: 'reset', afterBytes: random.between(0, 600) };
    case 'net-half-open':
      return { kind: 'half_open' };
    case 'http-404':
      return { kind: 'http', answer: { status: 404 } };
    case 'http-408':
      return { kind: 'http', answer: { status: 408 } };
    case 'http-429':
      return { kind: 'http', answer: { status: 429 } };
    case 'http-502':
      return { kind: 'http', answer: { status: 502 } };
    case 'http-duplicate':
      return { kind: 'http', answer: 'duplicate' };
    default:
      throw new Error(`${kind} is no fault of a network`);
  }
}
