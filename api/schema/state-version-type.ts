import { InvalidInputError } from '#core/errors/errors.ts';
import { humanPartOf } from '#core/state/human-part.ts';
import type { HumanPart } from '#core/state/human-part.ts';
import {
  authorsOf,
  readChanges,
  STATE_AUTHOR_KINDS,
  STATE_CHANGE_KINDS,
  summaryOf,
} from '#core/state/state-changes.ts';
import type { StateAuthor, StateChange } from '#core/state/state-changes.ts';
import { builder, REVISION } from './builder.ts';
import { enumOf, ProjectStatusEnum, StateFormatEnum } from './enums.ts';

const StateAuthorKindEnum = enumOf(
  'StateAuthorKind',
  'A person, an agent in one of its runs, or the system itself.',
  STATE_AUTHOR_KINDS,
);
export const StateChangeKindEnum = enumOf(
  'StateChangeKind',
  'What a state version tells of. OTHER: what versions say that are older than these. MORE: so many others, for which there was no room.',
  STATE_CHANGE_KINDS,
);
const StateAuthorType = builder.objectRef<StateAuthor>('StateAuthor').implement({
  description: 'Who has changed something that a state version tells of.',
  fields: (t) => ({
    kind: t.expose('kind', { type: StateAuthorKindEnum, description: 'What kind of author.' }),
    name: t.exposeString('name', { description: 'The email address of a person, or the name of an agent, then.' }),
  }),
});
const StateChangeType = builder.objectRef<StateChange>('StateChange').implement({
  description: 'One thing that a state version tells of.',
  fields: (t) => ({
    author: t.expose('author', { type: StateAuthorType, description: 'Who did it.' }),
    kind: t.expose('kind', { type: StateChangeKindEnum, description: 'What was done.' }),
    subject: t.exposeString('subject', {
      nullable: true,
      description: 'What it was done to, by its name then: a task, an agent; null where the kind says it all.',
    }),
    taskId: t.exposeID('taskId', {
      nullable: true,
      description: 'The task, which may be gone since; null: it is about no task.',
    }),
    count: t.exposeInt('count', { description: 'How many; more than one for MORE alone.' }),
  }),
});
const PinnedActionType = builder.objectRef<HumanPart['pinnedActions'][number]>('PinnedAction').implement({
  description: 'A next action that a person has pinned.',
  fields: (t) => ({
    description: t.exposeString('description', { description: 'What there is to do.' }),
    priority: t.exposeInt('priority', { description: '1 first, 5 last.' }),
  }),
});
const StateHumanPartType = builder.objectRef<HumanPart>('StateHumanPart').implement({
  description: 'What people own of a state document; everything else in it is generated.',
  fields: (t) => ({
    currentFocus: t.exposeString('currentFocus', {
      nullable: true,
      description: 'Null: the document shows the task that matters most.',
    }),
    status: t.expose('status', {
      type: ProjectStatusEnum,
      nullable: true,
      description: 'What the project was set to; null: archived.',
    }),
    pinnedActions: t.expose('pinnedActions', {
      type: [PinnedActionType],
      description: 'In their order; at most 50.',
    }),
    notes: t.exposeString('notes', { description: 'Free text.' }),
  }),
});

export const StateVersionType = builder.prismaObject('ProjectStateVersion', {
  name: 'StateVersion',
  // A document may be long: it is read only when it is asked for.
  select: { id: true },
  description: "One version of a project's state document: where the project stood.",
  fields: (t) => ({
    id: t.exposeID('id', { description: 'UUIDv7.' }),
    revision: t.exposeInt('revision', { description: REVISION }),
    version: t.int({
      description: '1, 2, 3 … without gaps in its project.',
      select: { version: true },
      resolve: (state) => Number(state.version),
    }),
    format: t.expose('stateFormat', { type: StateFormatEnum, description: 'How it is written.' }),
    content: t.exposeString('content', { description: 'The document.' }),
    contentHash: t.exposeString('contentHash', { description: 'SHA-256 of the document, in hex.' }),
    summary: t.string({
      description: 'Who changed what, in one line: "anna@example.com: focus changed; claude: Fix the header merged".',
      select: { changes: true },
      resolve: (state) => summaryOf(readChanges(state.changes)),
    }),
    authors: t.field({
      type: [StateAuthorType],
      description: 'Who the line names, in its order.',
      select: { changes: true },
      resolve: (state) => authorsOf(readChanges(state.changes)),
    }),
    changes: t.field({
      type: [StateChangeType],
      description: 'What the line tells, one by one; at most 101.',
      select: { changes: true },
      resolve: (state) => readChanges(state.changes),
    }),
    humanPart: t.field({
      type: StateHumanPartType,
      nullable: true,
      description:
        'What people had written into it: what a roll back restores; null: an old text that can not be read.',
      select: { human: true, content: true, stateFormat: true },
      resolve: (state) => {
        try {
          return humanPartOf(state);
        } catch (error) {
          if (error instanceof InvalidInputError) return null;
          throw error;
        }
      },
    }),
    createdBy: t.relation('createdBy', { nullable: true, description: 'Who saved it; null when it was generated.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was made.' }),
    updatedAt: t.expose('updatedAt', {
      type: 'DateTime',
      description: 'When it last followed the facts: the newest version does, until another one is made.',
    }),
    project: t.relation('project', { description: 'The project it tells of.' }),
  }),
});
