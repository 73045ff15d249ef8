import type { RunInput } from '#prisma/generated/client/client.ts';
import { builder, REVISION } from './builder.ts';
import { connectionOf } from './lists/connection.ts';
import type { NestedList } from './lists/nested-connection.ts';

export const RunMessageType = builder.prismaObject('RunInput', {
  name: 'RunMessage',
  description: 'What somebody has said to the agent of a run.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'UUIDv7.' }),
    revision: t.exposeInt('revision', { description: REVISION }),
    number: t.exposeInt('number', {
      description: 'Its place in all that was said to the run, answers to its questions included.',
    }),
    text: t.string({
      description: 'What was said.',
      select: { text: true },
      // Every message has one, by a constraint of the table.
      resolve: ({ text }) => text ?? '',
    }),
    author: t.exposeString('createdBy', { description: 'Who said it, by name.' }),
    sentAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was said.' }),
    deliveredAt: t.expose('deliveredAt', {
      type: 'DateTime',
      nullable: true,
      description: "When it had reached the agent's machine; null: not yet.",
    }),
  }),
});
export const RunMessageConnection = connectionOf('RunMessage', RunMessageType);
export const MESSAGES_OF_RUN: NestedList<RunInput> = {
  typeName: 'RunMessage',
  rows: ({ db }) => db.runInput,
  table: 'run_inputs',
  parent: { field: 'runId', column: 'run_id' },
  // A run has few enough of them for the smallest kind of number (contract/run-input.ts).
  key: { field: 'number', column: 'number', kind: 'smallint', direction: 'asc' },
  only: { where: { kind: 'message' }, sql: `kind = 'message'` },
};
