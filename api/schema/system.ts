import type { ApiContext } from '#api/context.ts';
import { PART_STATES, type SystemPart } from '#core/system/system-parts.ts';
import { actorOf, builder } from './builder.ts';
import { enumOf } from './enums.ts';

const SystemPartStateEnum = enumOf(
  'SystemPartState',
  'WAITING: it has ended and is tried again at `nextTryAt`.',
  PART_STATES,
);

const SystemPartType = builder.objectRef<SystemPart>('SystemPart').implement({
  description: 'A program of this system, as its supervisor (`npm start`) sees it.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'api, workers, web, runner, postgres or redis.' }),
    state: t.field({ type: SystemPartStateEnum, description: 'How it is.', resolve: ({ state }) => state }),
    ends: t.exposeInt('ends', {
      description: 'How often it has ended in a row, without running steadily for a minute between.',
    }),
    lastEnd: t.exposeString('lastEnd', {
      nullable: true,
      description: 'How it ended the last time, such as "exit code 1".',
    }),
    detail: t.string({
      nullable: true,
      description: 'What its log said last of that. For administrators.',
      resolve: ({ detail }, _args, { actor }: ApiContext) => (actor?.kind === 'user' && actor.isAdmin ? detail : null),
    }),
    nextTryAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'WAITING: when it is tried again.',
      resolve: ({ nextTryAt }) => (nextTryAt === null ? null : new Date(nextTryAt)),
    }),
  }),
});

builder.queryField('systemParts', (t) =>
  t.field({
    type: [SystemPartType],
    nullable: true,
    description: 'The programs of this system. Empty where nobody supervises them, such as in containers.',
    authScopes: { signedIn: true },
    resolve: (_root, _args, { parts }) => [...parts.list()],
  }),
);

builder.subscriptionField('systemPartsChanged', (t) =>
  t.field({
    type: [SystemPartType],
    description: 'The programs of this system now, and again whenever one of them changes.',
    authScopes: { signedIn: true },
    subscribe: (_root, _args, context) => context.rights.whileAllowed(actorOf(context), null, context.parts.follow()),
    resolve: (parts: readonly SystemPart[]) => [...parts],
  }),
);
