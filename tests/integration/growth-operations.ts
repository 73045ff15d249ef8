import type { Core } from '#core/platform/core.ts';
import { newId } from '#core/platform/ids.ts';
import { longHistoryId } from '#tests/kit/long-history.ts';
import { PASSWORD, TEST_REPOSITORY } from '#tests/kit/seed.ts';

export interface GrownSystem {
  core: Core;
  /** Its size; nine tasks of ten are done, then queued, in review, blocked or failed by their number. */
  tasks: number;
  projectId: string;
  agentId: string;
  conversationId: string;
  runnerId: string;
  email: string;
}

type Variables = Record<string, unknown>;
type VariablesOf = (grown: GrownSystem) => Variables | Promise<Variables>;

/** The number of an open task by the remainder that gives its status, each asked for once: what was sent has changed it. */
const taken = new Map<string, number>();
function openTask({ core, tasks }: GrownSystem, status: keyof typeof REMAINDERS): Promise<string> {
  const nth = taken.get(status) ?? 0;
  taken.set(status, nth + 1);
  const first = Math.floor(tasks * 0.9) + 12;
  const n = first - (first % 6) + 6 * nth + REMAINDERS[status];
  return longHistoryId(core, 'task', n);
}
const REMAINDERS = { queued: 0, needs_review: 1, held: 2, blocked: 3, failed: 5 } as const;

const project: VariablesOf = ({ projectId }) => ({ projectId });
const none: VariablesOf = () => ({});
const middle = ({ tasks }: GrownSystem): number => Math.floor(tasks / 2);

/** A cursor as lists hand them out: the values that its order goes by. */
const cursorOf = (...values: (string | number)[]): string => Buffer.from(JSON.stringify(values)).toString('base64url');

/** The cursor of the item in the middle of a list that goes by ids. */
const middleOf = async (grown: GrownSystem, kind: Parameters<typeof longHistoryId>[1]): Promise<string> =>
  cursorOf(await longHistoryId(grown.core, kind, middle(grown)));

/** What each operation of the web's pages is sent with. A name that is not here fails the test. */
export function growthOperations(): Record<string, VariablesOf> {
  const onTask =
    (status: keyof typeof REMAINDERS, more: Variables = {}): VariablesOf =>
    async (grown) => ({ input: { taskId: await openTask(grown, status), ...more } });
  const onRunner =
    (more: Variables = {}): VariablesOf =>
    ({ runnerId }) => ({ input: { runnerId, ...more } });
  /** One behind the middle of all that there are. */
  const onRecording =
    (nth: number, more: Variables = {}): VariablesOf =>
    async (grown) => ({
      input: { recordingId: await longHistoryId(grown.core, 'recording', middle(grown) + nth), ...more },
    });
  const onProject =
    (more: Variables = {}): VariablesOf =>
    ({ projectId }) => ({ input: { projectId, ...more } });
  return {
    AgentPresets: project,
    AnswerPermission: async (grown) => ({ input: { permissionId: await someQuestion(grown), decision: 'DENY' } }),
    ApproveTask: onTask('needs_review'),
    ArchiveProject: async ({ core }) => ({ input: { projectId: await longHistoryId(core, 'cycle', 2) } }),
    BlockTask: onTask('queued', { reason: 'It waits for a decision.' }),
    CancelRun: async ({ core, tasks }) => ({ input: { runId: await longHistoryId(core, 'run', tasks - (tasks % 6)) } }),
    CancelTask: onTask('queued'),
    ChangePassword: () => ({ input: { currentPassword: PASSWORD, newPassword: PASSWORD } }),
    CheckRepository: onRunner({ path: TEST_REPOSITORY }),
    ColumnPage: async (grown) => {
      const id = await longHistoryId(grown.core, 'task', middle(grown) + 1);
      const { updatedAt } = await grown.core.db.task.findUniqueOrThrow({ where: { id } });
      return { projectId: grown.projectId, status: 'DONE', after: cursorOf(updatedAt.getTime(), id) };
    },
    CommentOnTask: async ({ core, tasks }) => ({
      input: { taskId: await longHistoryId(core, 'task', tasks), text: 'Looked at it', idempotencyKey: 'comment' },
    }),
    CreateAgent: onProject({ name: 'another', config: { commands: [['demo-agent']] } }),
    CreateProject: () => ({ input: { name: 'Another', idempotencyKey: 'project' } }),
    CreateRunner: () => ({ input: { name: 'another-runner' } }),
    CreateMembership: onProject({ email: 'p5@example.test', role: 'VIEWER' }),
    CreateRecording: onProject({ name: 'A thought', mimeType: 'audio/webm', idempotencyKey: 'recording' }),
    CreateTask: onProject({ title: 'Fix the header', idempotencyKey: 'task' }),
    CreateUser: () => ({ input: { email: 'another@example.test', password: PASSWORD } }),
    Dashboard: project,
    DeleteProject: async ({ core }) => ({
      input: { projectId: await longHistoryId(core, 'cycle', 1), name: 'Other 1' },
    }),
    DeleteRecording: onRecording(5),
    DeleteTask: async (grown) => ({ input: { taskId: await longHistoryId(grown.core, 'task', middle(grown)) } }),
    Deletions: project,
    EditTranscript: onRecording(3, { text: 'Something else was said' }),
    FinishRecording: onRecording(2, { partCount: 1 }),
    Frame: none,
    GrantProjects: none,
    GrantRepository: onRunner({ path: '/srv/another' }),
    LinkRecording: async (grown) => ({
      input: {
        recordingId: await longHistoryId(grown.core, 'recording', middle(grown)),
        taskId: await longHistoryId(grown.core, 'task', middle(grown) + 1),
      },
    }),
    LiveSession: none,
    LookForRepositories: onRunner(),
    // Of every fourth message nothing was made.
    MakeTaskOfMessage: async (grown) => ({
      input: { messageId: await longHistoryId(grown.core, 'message', 4 * Math.floor(middle(grown) / 4) + 2) },
    }),
    MakeTaskOfRecording: onRecording(4, { idempotencyKey: 'task of a recording' }),
    Members: project,
    ModelPrices: none,
    OldState: (grown) => ({ projectId: grown.projectId, version: middle(grown) }),
    OlderActivity: async (grown) => ({
      taskId: await longHistoryId(grown.core, 'task', grown.tasks),
      after: await middleOf(grown, 'event'),
    }),
    OlderMessages: async (grown) => ({ conversationId: grown.conversationId, after: await middleOf(grown, 'message') }),
    OlderRun: async (grown) => ({ runId: await longHistoryId(grown.core, 'run', middle(grown)) }),
    OlderRuns: async (grown) => ({ projectId: grown.projectId, after: await middleOf(grown, 'run') }),
    OlderVersions: (grown) => ({ projectId: grown.projectId, after: cursorOf(middle(grown)) }),
    PaletteTasks: async ({ core, projectId }) => {
      const { key } = await core.db.project.findUniqueOrThrow({ where: { id: projectId } });
      return { projectId, text: `${key}-4711`, named: `${key}-4711`, isNamed: true };
    },
    People: ({ tasks }) => ({ after: cursorOf(`p${tasks - (tasks % 5)}@example.test`) }),
    ProjectCardEvents: ({ projectId }) => ({ projectId, after: null }),
    ProjectCardRefresh: project,
    ProjectContents: project,
    ProjectEvents: ({ projectId }) => ({ projectId, after: null }),
    ProjectFrame: project,
    Projects: () => ({ text: 'Other', after: null }),
    ProjectSettings: project,
    ProjectSpend: project,
    Recording: async (grown) => ({ id: await longHistoryId(grown.core, 'recording', middle(grown)) }),
    Recordings: async (grown) => ({ projectId: grown.projectId, after: await middleOf(grown, 'recording') }),
    RemoveMembership: onMember(10),
    RemoveModelPrice: async ({ core }) => ({ input: { priceId: await somePrice(core) } }),
    RemoveWorkFolder: onRunner({ name: 'no-such-folder' }),
    RepositoryChooser: project,
    RetryTask: onTask('failed'),
    RevokeRepository: onRunner({ path: '/srv/another' }),
    RollBackPreview: (grown) => ({ projectId: grown.projectId, version: middle(grown) }),
    RollBackState: async (grown) => ({
      input: { projectId: grown.projectId, version: middle(grown), baseVersion: await newestVersion(grown) },
    }),
    RotateRunnerToken: async ({ core }) => ({
      input: { runnerId: (await core.db.runner.findUniqueOrThrow({ where: { name: 'another-runner' } })).id },
    }),
    RunActivity: async ({ core }) => ({ runId: await longHistoryId(core, 'run', 1), afterSeq: 1_500 }),
    RunLog: async ({ core }) => ({ runId: await longHistoryId(core, 'run', 1), afterSeq: 1_500 }),
    RunLogPage: async ({ core }) => ({ runId: await longHistoryId(core, 'run', 1), afterSeq: 1_500, limit: 200 }),
    RunOrchestrator: onProject({ mode: 'FULL' }),
    RunTalk: async ({ core }) => ({ runId: await longHistoryId(core, 'run', 1) }),
    Runner: ({ runnerId }) => ({ id: runnerId }),
    Runners: none,
    SaveState: async (grown) => ({
      input: { projectId: grown.projectId, baseVersion: await newestVersion(grown), notes: 'Mind the gap' },
    }),
    SearchRecordings: (grown) => ({ projectId: grown.projectId, words: `word${middle(grown)}` }),
    SendBackTask: onTask('needs_review', { feedback: 'Not yet' }),
    SendMessage: ({ conversationId }) => ({ input: { conversationId, content: 'Fix the crash in core/part.ts' } }),
    SendRunMessage: async ({ core }) => ({
      input: { runId: await longHistoryId(core, 'run', 1), text: 'Mind the gap', idempotencyKey: 'run-message' },
    }),
    SetModelPrice: () => ({
      input: { model: 'large-2', validFrom: '2026-01-01', inputUsd: 2, cachedInputUsd: 0.2, outputUsd: 10 },
    }),
    SetRunnerEnabled: onRunner({ isEnabled: true }),
    Settings: none,
    SignIn: ({ email }) => ({ input: { email, password: PASSWORD } }),
    SignOut: none,
    StartTask: onTask('held'),
    State: project,
    StateDiff: (grown) => ({ projectId: grown.projectId, from: middle(grown), to: middle(grown) + 1 }),
    SystemBanner: none,
    TaskCounts: ({ projectId }) => ({
      projectId,
      statuses: ['QUEUED', 'IN_PROGRESS', 'BLOCKED', 'NEEDS_REVIEW', 'DONE', 'FAILED', 'CANCELED'],
    }),
    TaskDetail: async ({ core, tasks }) => ({ taskId: await longHistoryId(core, 'task', tasks) }),
    TaskSpend: async ({ core, tasks }) => ({ taskId: await longHistoryId(core, 'task', tasks - 1) }),
    TranscribeRecording: onRecording(6),
    TransitionTask: onTask('blocked', { to: 'QUEUED' }),
    ResumeAgent: ({ agentId }) => ({ input: { agentId } }),
    UnlinkRecording: async (grown) => ({
      input: {
        recordingId: await longHistoryId(grown.core, 'recording', middle(grown)),
        taskId: await longHistoryId(grown.core, 'task', middle(grown) + 1),
      },
    }),
    UpdateAgent: ({ agentId }) => ({ input: { agentId, isEnabled: true } }),
    UpdateCaps: onProject({ caps: { perDay: { costUsd: 5 }, runsAtOnce: 50 } }),
    UpdateMembership: onMember(15, { role: 'MAINTAINER' }),
    UpdateProject: onProject({ description: 'Mended' }),
    UpdateRetention: onProject({
      retention: { runLogDays: null, eventDays: null, artifactDays: null, recordingDays: null },
    }),
    UpdateRunner: onRunner({ capacity: 50 }),
    UpdateUser: async ({ core }) => ({ input: { userId: await longHistoryId(core, 'user', 20), isActive: false } }),
    WaitingReasons: async (grown) => ({
      projectId: grown.projectId,
      taskIds: await Promise.all(
        [0, 6, 12].map((n) => longHistoryId(grown.core, 'task', grown.tasks - (grown.tasks % 6) - n)),
      ),
      runIds: [await longHistoryId(grown.core, 'run', grown.tasks - (grown.tasks % 6))],
    }),
  };
}

/** They ask a runner, and there is none: they are refused when they have read what they need. */
export const REFUSED: Record<string, RegExp> = {
  CheckRepository: /is not online/,
  LookForRepositories: /is not online/,
  SendRunMessage: /has already ended/,
  RemoveWorkFolder: /There is no such work folder/,
};

/**
 * What is known to cost more the longer a history is, by the operation and the table: each with the reason that it is
 * so still. Nothing else of these operations may.
 */
export const KNOWN_FAULTS: Record<string, { sql: RegExp; why: string }> = {
  ProjectContents: {
    sql: /"logLineCount"/,
    why: 'Says exactly what a deletion would remove; the deletion itself reads it all.',
  },
  cycle: {
    sql: /t\.held_by is null/,
    why: 'Each task that is queued or blocked is looked at for a live run: it grows with the queue, not with the history.',
  },
};

async function somePrice({ db }: Core): Promise<string> {
  const validFrom = new Date('2026-01-01T00:00:00Z');
  const prices = { inputUsd: 1, cachedInputUsd: 1, outputUsd: 1, changedBy: 'anna' };
  return (await db.modelPrice.create({ data: { id: newId(), model: 'small-1', validFrom, ...prices } })).id;
}

async function someQuestion({ core, tasks }: GrownSystem): Promise<string> {
  const runId = await longHistoryId(core, 'run', tasks - (tasks % 6));
  const expiresAt = new Date(Date.now() + 3_600_000);
  const question = { key: 'A:1', title: 'Run npm publish', toolKind: 'execute', whenUnanswered: 'deny' } as const;
  return (await core.db.runPermission.create({ data: { id: newId(), runId, expiresAt, ...question } })).id;
}

/** Of somebody who is taken into the project for it. */
function onMember(n: number, more: Variables = {}): VariablesOf {
  return async ({ core, projectId }) => {
    const userId = await longHistoryId(core, 'user', n);
    const { id: membershipId } = await core.db.projectMember.create({
      data: { id: newId(), projectId, userId, role: 'viewer' },
    });
    return { input: { membershipId, ...more } };
  };
}

async function newestVersion({ core, projectId }: GrownSystem): Promise<number> {
  const newest = await core.db.projectStateVersion.findFirstOrThrow({
    where: { projectId },
    orderBy: { version: 'desc' },
  });
  return Number(newest.version);
}
