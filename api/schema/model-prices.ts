import { removeModelPrice, setModelPrice } from '#core/spend/model-prices.ts';
import type { ModelPrice } from '#prisma/generated/client/client.ts';
import { actorOf, builder } from './builder.ts';
import { COMMON_ERRORS } from './errors.ts';
import { connectionOf, readConnection } from './lists/connection.ts';
import { CREATED_AT, orderByOf } from './lists/order-by.ts';

const ModelPriceType = builder.prismaObject('ModelPrice', {
  description:
    'What a model costs for a million tokens, from a day on: it estimates runs that do not report their cost.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'UUIDv7.' }),
    model: t.exposeString('model', { description: 'As the configuration of agents names it.' }),
    validFrom: t.string({
      select: { validFrom: true },
      description: 'The first day of UTC, as 2026-01-31.',
      resolve: ({ validFrom }) => validFrom.toISOString().slice(0, 10),
    }),
    inputUsd: t.float({
      select: { inputUsd: true },
      description: 'US dollars for a million tokens in.',
      resolve: ({ inputUsd }) => Number(inputUsd),
    }),
    cachedInputUsd: t.float({
      select: { cachedInputUsd: true },
      description: 'For a million tokens in that come from the cache.',
      resolve: ({ cachedInputUsd }) => Number(cachedInputUsd),
    }),
    outputUsd: t.float({
      select: { outputUsd: true },
      description: 'For a million tokens out.',
      resolve: ({ outputUsd }) => Number(outputUsd),
    }),
    changedBy: t.exposeString('changedBy', { description: 'Who said so last, by name.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When.' }),
  }),
});
const ModelPriceConnection = connectionOf('ModelPrice', ModelPriceType);
const modelPriceOrder = orderByOf(
  'ModelPrice',
  {
    MODEL: {
      description: 'The name of the model.',
      keys: [
        { field: 'model', kind: 'text' },
        { field: 'id', kind: 'id' },
      ],
    },
    CREATED_AT,
  },
  { field: 'MODEL', direction: 'asc' },
);
builder.queryField('modelPrices', (t) =>
  t.connection(
    {
      type: ModelPriceType,
      nullable: true,
      description: 'The prices that estimates go by. None is known before an administrator has said so.',
      authScopes: { signedIn: true },
      args: { orderBy: t.arg(modelPriceOrder.arg) },
      resolve: (_root, { orderBy, ...page }, context, info) =>
        readConnection(context, info, page, {
          typeName: 'ModelPrice',
          rows: context.core.db.modelPrice,
          order: modelPriceOrder.keys(orderBy),
          where: {},
        }),
    },
    ModelPriceConnection,
  ),
);

const ModelPricePayload = (name: string, description: string) =>
  builder.objectRef<{ price: ModelPrice }>(name).implement({
    description,
    fields: (t) => ({
      price: t.field({ type: ModelPriceType, description: 'The price.', resolve: ({ price }) => price }),
    }),
  });

const SetModelPriceInput = builder.inputType('SetModelPriceInput', {
  description: 'A price; one of the same model and day is corrected.',
  fields: (t) => ({
    model: t.string({ required: true, description: 'As the configuration of agents names it.' }),
    validFrom: t.string({ required: true, description: 'The first day of UTC, as 2026-01-31.' }),
    inputUsd: t.float({ required: true, description: 'US dollars for a million tokens in.' }),
    cachedInputUsd: t.float({ required: true, description: 'For a million tokens in that come from the cache.' }),
    outputUsd: t.float({ required: true, description: 'For a million tokens out.' }),
  }),
});
builder.mutationField('setModelPrice', (t) =>
  t.field({
    type: ModelPricePayload('SetModelPricePayload', 'The price is known.'),
    nullable: true,
    description:
      'Says what a model costs from a day on (administrators only). Runs that have ended keep the cost they have.',
    authScopes: { signedIn: true },
    errors: { types: [...COMMON_ERRORS] },
    args: { input: t.arg({ type: SetModelPriceInput, required: true, description: 'The price.' }) },
    resolve: async (_root, { input }, context) => ({
      price: await setModelPrice(context.core, actorOf(context), input),
    }),
  }),
);

const RemoveModelPriceInput = builder.inputType('RemoveModelPriceInput', {
  description: 'A price that is wrong.',
  fields: (t) => ({ priceId: t.id({ required: true, description: 'The price.' }) }),
});
builder.mutationField('removeModelPrice', (t) =>
  t.field({
    type: ModelPricePayload('RemoveModelPricePayload', 'The price is gone.'),
    nullable: true,
    description: 'Takes a price back (administrators only): the one before it counts again.',
    authScopes: { signedIn: true },
    errors: { types: [...COMMON_ERRORS] },
    args: { input: t.arg({ type: RemoveModelPriceInput, required: true, description: 'The price.' }) },
    resolve: async (_root, { input }, context) => ({
      price: await removeModelPrice(context.core, actorOf(context), input.priceId),
    }),
  }),
);
