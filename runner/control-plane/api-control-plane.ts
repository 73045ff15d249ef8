import { ContractError, parseContract } from '#contract/parse.ts';
import type { ProgramReport } from '#contract/program-report.ts';
import type { RepositoryCheck, RepositoryReport, WorkFolderReport } from '#contract/repositories.ts';
import type { RunResult } from '#contract/run-result.ts';
import { RunSpec } from '#contract/run-spec.ts';
import { z } from 'zod';
import { ActivityGapError, type ActivityBatch } from '../activity/activity-pump.ts';
import { MAX_GRANT_AGE_MS } from '../execution/grant-age.ts';
import { LogGapError, type LogBatch } from '../logs/log-pump.ts';
import { followCommands } from './commands.ts';
import {
  LeaseLostError,
  RefusedError,
  UnreadableRunError,
  type ArtifactFile,
  type ControlPlane,
  type LandingReport,
  type LeaseVerdict,
  type RunLease,
  type RunnerAdvert,
  type RunnerCommand,
  type WorkFolderVerdict,
} from './control-plane.ts';
import {
  AnswerRepositoryCheckDocument,
  AppendActivityDocument,
  AppendRunLogsDocument,
  ClaimRunDocument,
  CompleteRunDocument,
  HeartbeatRunsDocument,
  RegisterRunnerDocument,
  ReportLandingDocument,
  ReportProgramsDocument,
  ReportRepositoriesDocument,
  ReportWorkFoldersDocument,
  RequestLandingDocument,
  UploadArtifactDocument,
} from './documents.ts';
import type { ArtifactKind } from './gql/graphql.ts';
import { GraphqlHttp } from './graphql-http.ts';
import { SocketCalls } from './socket-calls.ts';
import type { Logger } from '../logger.ts';

/** The part of a RunSpec without which nothing can be said about the run. */
const Lease = z.object({ runId: z.uuid(), lease: z.object({ token: z.string().min(1) }) });
/** A renewal that takes longer is repeated instead, over another connection: the shortest lease is 10 s. */
const RENEWAL_TIMEOUT_MS = 2_500;
/** The branch is locked meanwhile, and an answer that is older than this would not be used any more. */
const LANDING_TIMEOUT_MS = MAX_GRANT_AGE_MS;

const TASKS = [
  'live',
  'open',
  'done',
  'canceled',
  'archived',
  'deleted',
] as const satisfies WorkFolderVerdict['task'][];

/** The control plane over its GraphQL API. */
export class ApiControlPlane implements ControlPlane {
  private readonly http: GraphqlHttp;
  private readonly socketCalls = new SocketCalls();

  /** @param origin for example http://localhost:3000 */
  constructor(
    private readonly origin: string,
    private readonly token: string,
    private readonly logger: Logger,
  ) {
    this.http = new GraphqlHttp(new URL('/graphql', origin).href, token);
  }

  async register(advert: RunnerAdvert): Promise<{ name: string }> {
    const { registerRunner: answer } = await this.http.request(RegisterRunnerDocument, { input: advert });
    if (answer.__typename !== 'RegisterRunnerPayload') throw new RefusedError(answer.code, answer.message);
    return { name: answer.runner.name };
  }

  async claim(claimId: string): Promise<RunSpec | null> {
    const { claimRun: answer } = await this.http.request(ClaimRunDocument, { input: { claimId } });
    if (answer.__typename !== 'ClaimRunPayload') throw new RefusedError(answer.code, answer.message);
    return answer.claimed ? readSpec(answer.claimed.spec) : null;
  }

  async renew(leases: readonly RunLease[]): Promise<LeaseVerdict[]> {
    const runs = leases.map(({ runId, token }) => ({ runId, leaseToken: token }));
    const { heartbeatRuns: answer } = await this.http.request(
      HeartbeatRunsDocument,
      { input: { runs } },
      RENEWAL_TIMEOUT_MS,
    );
    if (answer.__typename !== 'HeartbeatRunsPayload') throw new RefusedError(answer.code, answer.message);
    return answer.leases.map(({ runId, isHeld, isCancelRequested }) => ({
      runId: String(runId),
      isRenewed: isHeld,
      isCancelRequested,
    }));
  }

  async appendLogs(lease: RunLease, batch: LogBatch): Promise<number> {
    const variables = { input: { runId: lease.runId, leaseToken: lease.token, ...batch } };
    const chars = batch.messages.reduce((sum, message) => sum + message.length, 0);
    const answered = (await this.socketCalls.call(AppendRunLogsDocument, variables, chars))?.appendRunLogs;
    if (answered?.__typename === 'AppendRunLogsPayload') return answered.lastSeq;
    const { appendRunLogs: answer } = await this.http.request(AppendRunLogsDocument, variables);
    if (answer.__typename === 'AppendRunLogsPayload') return answer.lastSeq;
    if (answer.__typename === 'ExpectedSeqError') throw new LogGapError(answer.expectedSeq);
    throw refusal(lease, answer);
  }

  async appendActivity(lease: RunLease, batch: ActivityBatch): Promise<number> {
    const input = { runId: lease.runId, leaseToken: lease.token, ...batch };
    const { appendActivity: answer } = await this.http.request(AppendActivityDocument, { input });
    if (answer.__typename === 'AppendActivityPayload') return answer.lastSeq;
    if (answer.__typename === 'ExpectedSeqError') throw new ActivityGapError(answer.expectedSeq);
    throw refusal(lease, answer);
  }

  async uploadArtifact(lease: RunLease, { kind, name, mediaType, file, metadata }: ArtifactFile): Promise<void> {
    const input = {
      runId: lease.runId,
      leaseToken: lease.token,
      kind: kind.toUpperCase() as ArtifactKind,
      name,
      metadata: { mediaType, ...metadata },
    };
    const { uploadArtifact: answer } = await this.http.upload(
      UploadArtifactDocument,
      { input },
      { path: file, name: 'artifact', mediaType },
    );
    if (answer.__typename !== 'UploadArtifactPayload') throw refusal(lease, answer);
  }

  async complete(lease: RunLease, result: RunResult): Promise<void> {
    const { completeRun: answer } = await this.http.request(CompleteRunDocument, {
      input: { leaseToken: lease.token, result },
    });
    if (answer.__typename === 'ExpectedSeqError') throw new LogGapError(answer.expectedSeq);
    if (answer.__typename !== 'CompleteRunPayload') throw refusal(lease, answer);
  }

  async requestLanding(lease: RunLease, commits: { baseCommit: string; mergeCommit: string }): Promise<void> {
    const input = { runId: lease.runId, leaseToken: lease.token, ...commits };
    const { requestLanding: answer } = await this.http.request(RequestLandingDocument, { input }, LANDING_TIMEOUT_MS);
    if (answer.__typename !== 'RequestLandingPayload') throw refusal(lease, answer);
  }

  async reportLanding(lease: RunLease, report: LandingReport): Promise<void> {
    const input = { runId: lease.runId, leaseToken: lease.token, ...report };
    const { reportLanding: answer } = await this.http.request(ReportLandingDocument, { input });
    if (answer.__typename !== 'ReportLandingPayload') throw refusal(lease, answer);
  }

  async reportRepositories(report: RepositoryReport, requestId: string | null): Promise<void> {
    const { reportRepositories: answer } = await this.http.request(ReportRepositoriesDocument, {
      input: { requestId, report },
    });
    if (answer.__typename !== 'ReportRepositoriesPayload') throw new RefusedError(answer.code, answer.message);
  }

  async reportPrograms(report: ProgramReport): Promise<void> {
    const { reportPrograms: answer } = await this.http.request(ReportProgramsDocument, { input: { report } });
    if (answer.__typename !== 'ReportProgramsPayload') throw new RefusedError(answer.code, answer.message);
  }

  async answerRepositoryCheck(requestId: string, check: RepositoryCheck): Promise<void> {
    const { answerRepositoryCheck: answer } = await this.http.request(AnswerRepositoryCheckDocument, {
      input: { requestId, check },
    });
    if (answer.__typename !== 'AnswerRepositoryCheckPayload') throw new RefusedError(answer.code, answer.message);
  }

  async reportWorkFolders(report: WorkFolderReport, requestId: string | null): Promise<WorkFolderVerdict[]> {
    const { reportWorkFolders: answer } = await this.http.request(ReportWorkFoldersDocument, {
      input: { requestId, report },
    });
    if (answer.__typename !== 'ReportWorkFoldersPayload') throw new RefusedError(answer.code, answer.message);
    return answer.verdicts.map((verdict) => ({
      ...verdict,
      task: TASKS.find((known) => known === verdict.task) ?? 'unknown',
    }));
  }

  commands(signal: AbortSignal): AsyncIterable<RunnerCommand> {
    return followCommands({
      url: new URL('/graphql', this.origin.replace(/^http/, 'ws')).href,
      token: this.token,
      signal,
      logger: this.logger,
      calls: this.socketCalls,
    });
  }
}

/** @throws UnreadableRunError, when at least the lease can be read: then the run can be given back */
function readSpec(value: unknown): RunSpec {
  try {
    return parseContract('RunSpec', RunSpec, value);
  } catch (error) {
    const lease = Lease.safeParse(value);
    if (!(error instanceof ContractError) || !lease.success) throw error;
    throw new UnreadableRunError({ runId: lease.data.runId, token: lease.data.lease.token }, { cause: error });
  }
}

function refusal(lease: RunLease, answer: { code: string; message: string }): Error {
  return answer.code === 'LEASE_LOST'
    ? new LeaseLostError(lease.runId, answer.message)
    : new RefusedError(answer.code, answer.message);
}
