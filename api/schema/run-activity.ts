import type { ActivityEntry } from '#contract/activity.ts';
import { ACTIVITY_KINDS, FILE_CHANGES, PLAN_STEP_STATUSES, TOOL_KINDS, TOOL_STATUSES } from '#contract/activity.ts';
import { knownEntry } from '#core/runs/activity-entries.ts';
import type { ActivityBatch, StoredEntry } from '#core/runs/append-activity.ts';
import { builder } from './builder.ts';
import { enumOf } from './enums.ts';

const KindEnum = enumOf(
  'RunActivityKind',
  'What an entry is. OTHER: an event that its reader does not know, or that this server does not.',
  ACTIVITY_KINDS,
);
export const ToolKindEnum = enumOf('RunToolKind', 'What a tool is for, whatever its program calls it.', TOOL_KINDS);
const ToolStatusEnum = enumOf(
  'RunToolStatus',
  "Where a tool call stands. DENIED: its program's rules, or a person, did not let it through.",
  TOOL_STATUSES,
);
const FileChangeEnum = enumOf('RunFileChangeKind', 'What became of a file.', FILE_CHANGES);
const StepStatusEnum = enumOf('RunPlanStepStatus', 'Where a step of a plan stands.', PLAN_STEP_STATUSES);

type Tool = Extract<ActivityEntry, { kind: 'tool' }>;
type Plan = Extract<ActivityEntry, { kind: 'plan' }>;

const FileChange = builder.objectRef<Tool['changes'][number]>('RunFileChange').implement({
  description: 'A file that a tool call has changed.',
  fields: (t) => ({
    path: t.exposeString('path', { description: 'Where it is, as the program says it.' }),
    change: t.expose('change', { type: FileChangeEnum, description: 'What became of it.' }),
  }),
});
const PlanStep = builder.objectRef<Plan['steps'][number]>('RunPlanStep').implement({
  description: "A step of an agent's plan.",
  fields: (t) => ({
    text: t.exposeString('text', { description: 'What is to be done.' }),
    status: t.expose('status', { type: StepStatusEnum, description: 'Where it stands.' }),
  }),
});

/** An entry as it is asked for: what another kind would have is null. */
interface ShownEntry extends Omit<StoredEntry, 'entry'> {
  entry: ActivityEntry;
}
const tool = ({ entry }: ShownEntry): Tool | null => (entry.kind === 'tool' ? entry : null);
const usage = ({ entry }: ShownEntry): Extract<ActivityEntry, { kind: 'usage' }> | null =>
  entry.kind === 'usage' ? entry : null;

const Entry = builder.objectRef<ShownEntry>('RunActivityEntry').implement({
  description:
    'One entry of what an agent does. It replaces those of its item before it; the texts of messages and thoughts are joined instead.',
  fields: (t) => ({
    seq: t.exposeInt('seq', { description: 'Its number: 0, 1, 2 … without gaps.' }),
    item: t.int({
      description: 'Which thing it is about; several entries of one tell how it goes on.',
      resolve: ({ entry }) => entry.item,
    }),
    kind: t.field({ type: KindEnum, description: 'What it is.', resolve: ({ entry }) => entry.kind }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was stored.' }),
    text: t.string({
      nullable: true,
      description: 'What is said: of MESSAGE, THOUGHT, WARNING, RETRY and OTHER.',
      resolve: ({ entry }) => ('text' in entry ? entry.text : null),
    }),
    name: t.string({
      nullable: true,
      description: 'TOOL, OTHER: as its program calls it.',
      resolve: ({ entry }) => ('name' in entry ? entry.name : null),
    }),
    toolKind: t.field({
      type: ToolKindEnum,
      nullable: true,
      description: 'TOOL: what it is for.',
      resolve: (entry) => tool(entry)?.toolKind ?? null,
    }),
    status: t.field({
      type: ToolStatusEnum,
      nullable: true,
      description: 'TOOL: where the call stands.',
      resolve: (entry) => tool(entry)?.status ?? null,
    }),
    target: t.string({
      nullable: true,
      description: 'TOOL: the command, file, address or words it is about; null: it does not say.',
      resolve: (entry) => tool(entry)?.target ?? null,
    }),
    output: t.string({
      nullable: true,
      description: 'TOOL: what it answered, cut short; null: nothing, or nothing yet.',
      resolve: (entry) => tool(entry)?.output ?? null,
    }),
    exitCode: t.int({
      nullable: true,
      description: 'TOOL: how its command ended; null: not yet, no command, or no 32-bit number.',
      resolve: (entry) => {
        const exitCode = tool(entry)?.exitCode ?? null;
        return exitCode === null || (exitCode | 0) !== exitCode ? null : exitCode;
      },
    }),
    changes: t.field({
      type: [FileChange],
      nullable: true,
      description: 'TOOL: the files it changed.',
      resolve: (entry) => tool(entry)?.changes ?? null,
    }),
    steps: t.field({
      type: [PlanStep],
      nullable: true,
      description: 'PLAN: its steps, all of them.',
      resolve: ({ entry }) => (entry.kind === 'plan' ? entry.steps : null),
    }),
    inputTokens: t.float({
      nullable: true,
      description: "USAGE: the whole run's so far.",
      resolve: (entry) => usage(entry)?.inputTokens ?? null,
    }),
    cachedInputTokens: t.float({
      nullable: true,
      description: 'USAGE: of the tokens read, those from a cache.',
      resolve: (entry) => usage(entry)?.cachedInputTokens ?? null,
    }),
    outputTokens: t.float({
      nullable: true,
      description: "USAGE: the whole run's so far.",
      resolve: (entry) => usage(entry)?.outputTokens ?? null,
    }),
    costUsd: t.float({
      nullable: true,
      description: 'USAGE: in US dollars; null: not told.',
      resolve: (entry) => usage(entry)?.costUsd ?? null,
    }),
  }),
});

export const RunActivityBatchType = builder.objectRef<ActivityBatch>('RunActivityBatch').implement({
  description: "Entries of a run's activity that follow each other.",
  fields: (t) => ({
    firstSeq: t.exposeInt('firstSeq', { description: 'The number of the first entry; the others count on.' }),
    entries: t.field({
      type: [Entry],
      description: 'The entries, in their order.',
      resolve: ({ entries }) => entries.map((stored) => ({ ...stored, entry: knownEntry(stored.entry) })),
    }),
  }),
});
