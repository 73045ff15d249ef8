import type { RunSpec } from '#contract/run-spec.ts';
import { isTokenRefused, TransientError, type LeaseVerdict, type RunLease } from '../control-plane/control-plane.ts';
import { retrying } from '../control-plane/retry.ts';
import { giveBack } from './give-back.ts';
import { endLeftProcesses } from './left-processes.ts';
import { outcomeOf } from './outcome.ts';
import { messageOf } from './report-run.ts';
import { listRunFolders, type RunFolder } from './run-folder.ts';
import type { RunHost } from './run-host.ts';

/** The API takes this many leases at once (core/runs/heartbeat.ts). */
const MAX_LEASES = 200;

export interface FoundRun {
  spec: RunSpec;
  folder: RunFolder;
  /** When its lease was renewed, on the monotonic clock; null: it was lost. */
  leaseSentMs: number | null;
}

interface Search {
  runsFolder: string;
  host: RunHost;
  signal: AbortSignal;
}

/**
 * Looks at what an earlier runner left. Nothing that is found keeps this one from starting: a folder that is not
 * what we write is set aside, and its run given back if its lease can be made out.
 * @throws RefusedError when the control plane refuses the runner's token
 */
export async function findRuns(search: Search): Promise<{ found: FoundRun[]; answeredClaimIds: ReadonlySet<string> }> {
  const { runsFolder, host } = search;
  const readable: { spec: RunSpec; folder: RunFolder }[] = [];
  const answeredClaimIds = new Set<string>();
  for (const folder of listRunFolders(runsFolder)) {
    if (host.leftovers.has(folder.path)) continue;
    try {
      const { spec, claimId } = folder;
      if (spec && spec.runId !== folder.runId)
        throw new Error(`Expected the spec of run ${folder.runId}, found that of ${spec.runId}`);
      if (spec) readable.push({ spec, folder });
      else if (!folder.hasOutput) host.leftovers.remove(folder.path);
      else throw new Error('There is output, and no spec');
      if (spec && claimId !== null) answeredClaimIds.add(claimId);
    } catch (error) {
      await setAside(search, folder, error);
    }
  }
  return { found: await withLeases(search, readable), answeredClaimIds };
}

/** Asks for all leases in as few requests as there can be. */
async function withLeases(
  { host, signal }: Search,
  runs: readonly { spec: RunSpec; folder: RunFolder }[],
): Promise<FoundRun[]> {
  const found: FoundRun[] = [];
  for (let from = 0; from < runs.length; from += MAX_LEASES) {
    const some = runs.slice(from, from + MAX_LEASES);
    const leases = some.map(({ spec }) => ({ runId: spec.runId, token: spec.lease.token }));
    let sentMs = performance.now();
    const renew = (asked: RunLease[]): Promise<LeaseVerdict[]> =>
      retrying(
        () => {
          sentMs = performance.now();
          return host.controlPlane.renew(asked);
        },
        signal,
        (error) => host.logger.warn({ err: error }, 'the control plane is away; trying again'),
      );
    const verdicts = await renew(leases).catch((error: unknown) => oneByOne(leases, renew, error, host));
    for (const run of some)
      found.push({
        ...run,
        leaseSentMs: verdicts.some(({ runId, isRenewed }) => runId === run.spec.runId && isRenewed) ? sentMs : null,
      });
  }
  return found;
}

/** One lease that is refused must not cost the others. */
async function oneByOne(
  leases: readonly RunLease[],
  renew: (asked: RunLease[]) => Promise<LeaseVerdict[]>,
  error: unknown,
  host: RunHost,
): Promise<LeaseVerdict[]> {
  const verdicts: LeaseVerdict[] = [];
  if (isTokenRefused(error) || error instanceof TransientError || (error as Error).name === 'AbortError') throw error;
  for (const lease of leases) {
    const verdict = await renew([lease]).catch((refusal: unknown) => {
      if (isTokenRefused(refusal) || (refusal as Error).name === 'AbortError') throw refusal;
      host.logger.warn({ err: refusal, runId: lease.runId }, 'the lease of a run is refused');
      return [];
    });
    verdicts.push(...verdict);
  }
  return verdicts;
}

async function setAside({ host, signal }: Search, folder: RunFolder, error: unknown): Promise<void> {
  const { runId } = folder;
  const { logger, controlPlane, leftovers } = host;
  logger.error({ err: error, runId }, 'the folder of a run can not be read; it is set aside');
  const token = folder.findLeaseToken();
  // Nobody could follow what it has started.
  await endLeftProcesses(runId, null).catch((failure: unknown) =>
    logger.error({ err: failure, runId }, 'the programs of a run could not be ended'),
  );
  leftovers.keep(folder.path, 'broken', messageOf(error));
  if (token === null) return;
  void giveBack({
    controlPlane,
    logger,
    signal,
    lease: { runId, token },
    outcome: outcomeOf(new Error(`its files on this machine can not be read (${messageOf(error)})`)),
  }).catch((failure: unknown) =>
    logger.error({ err: failure, runId }, 'that a run is lost could not be told; its lease will run out'),
  );
}
