import { builder } from '../builder.ts';
import { enumOf } from '../enums.ts';
import type { Direction, Key, Order } from './keyset.ts';

const DIRECTIONS = ['asc', 'desc'] as const satisfies readonly Direction[];
export const OrderDirectionEnum = enumOf('OrderDirection', 'Ascending or descending.', DIRECTIONS);

interface Choice {
  description: string;
  /** The columns; the direction is given with the choice. */
  keys: readonly [Omit<Key, 'direction'>, ...Omit<Key, 'direction'>[]];
}

/**
 * Declares what a list can be sorted by: an enum of fields, and an input of one of them with a direction.
 * @param standard how it is sorted when nobody says
 */
export function orderByOf<const Field extends string>(
  name: string,
  choices: Record<Field, Choice>,
  standard: { field: NoInfer<Field>; direction: Direction },
) {
  const fields = Object.keys(choices) as Field[];
  const field = builder.enumType(`${name}OrderField`, {
    description: `What a list of ${name} is sorted by.`,
    values: Object.fromEntries(
      fields.map((each) => [each, { value: each, description: choices[each].description }]),
    ) as Record<Field, { value: Field; description: string }>,
  });
  const input = builder.inputType(`${name}Order`, {
    description: `How a list of ${name} is sorted.`,
    fields: (t) => ({
      field: t.field({ type: field, required: true, description: 'By what.' }),
      direction: t.field({ type: OrderDirectionEnum, required: true, description: 'Which end comes first.' }),
    }),
  });
  return {
    arg: {
      type: input,
      description: `In which order; ${standard.field} ${standard.direction.toUpperCase()} if not given.`,
    },
    keys(chosen: { field: Field; direction: Direction } | null | undefined): Order {
      const { field: by, direction } = chosen ?? standard;
      return withDirection(choices[by], direction);
    },
  };
}

export function withDirection({ keys: [first, ...others] }: Choice, direction: Direction): Order {
  return [{ ...first, direction }, ...others.map((key) => ({ ...key, direction }))];
}

/** By the time of making: ids are UUIDv7. */
export const CREATED_AT: Choice = { description: 'When it was made.', keys: [{ field: 'id', kind: 'id' }] };
export const UPDATED_AT: Choice = {
  description: 'When it last changed.',
  keys: [
    { field: 'updatedAt', kind: 'time' },
    { field: 'id', kind: 'id' },
  ],
};
export const PRIORITY: Choice = {
  description: 'Priority, then age: ascending is the order in which work is taken.',
  keys: [
    { field: 'priority', kind: 'smallint' },
    { field: 'id', kind: 'id' },
  ],
};
