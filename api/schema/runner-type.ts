import type { ApiContext } from '#api/context.ts';
import { AGENT_PROGRAMS, type AgentProgram } from '#contract/agent-programs.ts';
import type { ProgramState } from '#contract/program-report.ts';
import { parsePrograms } from '#core/runners/report-programs.ts';
import { builder, REVISION } from './builder.ts';
import { RunnerConnectionEnum } from './enums.ts';

const knownPrograms: Readonly<Record<string, AgentProgram | undefined>> = AGENT_PROGRAMS;
const isAdmin = (actor: ApiContext['actor']): boolean => actor?.kind === 'user' && actor.isAdmin;

const RunnerProgramType = builder.objectRef<ProgramState>('RunnerProgram').implement({
  description: "A well-known agent's program, as a runner has found it on its machine.",
  fields: (t) => ({
    program: t.exposeString('program', { description: 'The name of its command.' }),
    title: t.string({
      description: 'As people know it.',
      resolve: ({ program }) => knownPrograms[program]?.title ?? program,
    }),
    isInstalled: t.boolean({ description: 'It can be run there.', resolve: ({ path }) => path !== null }),
    version: t.exposeString('version', { nullable: true, description: 'As it says itself; null: it does not.' }),
    isSignedIn: t.exposeBoolean('isSignedIn', {
      description: 'A log-in was found, or a key that its runner hands out. Whether it still holds, a run tells.',
    }),
    path: t.string({
      nullable: true,
      description: 'Where it is, for administrators; null: it can not be run.',
      resolve: ({ path }, _args, { actor }: ApiContext) => (isAdmin(actor) ? path : null),
    }),
    problem: t.string({
      nullable: true,
      description: 'Why it can not be run, for administrators.',
      resolve: ({ problem }, _args, { actor }: ApiContext) => (isAdmin(actor) ? problem : null),
    }),
  }),
});

export const RunnerType = builder.prismaObject('Runner', {
  description: 'A program on a machine with repositories that executes runs there.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'UUIDv7.' }),
    revision: t.exposeInt('revision', { description: REVISION }),
    name: t.exposeString('name', { description: 'Unique on this system.' }),
    labels: t.exposeStringList('labels', {
      description: 'What it has or can do, as an administrator granted it; agents may ask for labels.',
    }),
    advertisedLabels: t.exposeStringList('advertisedLabels', {
      description: 'The labels that it asks for itself; those that are not granted count for nothing.',
    }),
    capacity: t.exposeInt('capacity', { description: 'Runs it takes at once.' }),
    maxCapacity: t.exposeInt('maxCapacity', {
      nullable: true,
      description: "An administrator's limit of runs at once; null: as many as the runner says.",
    }),
    version: t.exposeString('version', { nullable: true, description: 'Of its program; null: never connected.' }),
    sandboxNote: t.exposeString('sandboxNote', {
      nullable: true,
      description: 'Why its runs are not sandboxed; null: they are, or it never connected.',
    }),
    isEnabled: t.exposeBoolean('isEnabled', { description: 'A disabled runner is refused.' }),
    isDraining: t.exposeBoolean('isDraining', { description: 'It finishes what it has and takes nothing new.' }),
    connection: t.expose('connection', { type: RunnerConnectionEnum, description: 'Whether it can be heard.' }),
    lastSeenAt: t.expose('lastSeenAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was last heard of; null: never.',
    }),
    allProjects: t.exposeBoolean('allProjects', { description: 'Serves every project; else only some.' }),
    programs: t.field({
      type: [RunnerProgramType],
      nullable: true,
      description: "The agents' programs on its machine, as it told last; null: it has not told of them.",
      resolve: ({ programs }) => parsePrograms(programs),
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was added.' }),
  }),
});
