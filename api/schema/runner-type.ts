import { builder, REVISION } from './builder.ts';
import { RunnerConnectionEnum } from './enums.ts';

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
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was added.' }),
  }),
});
