import type { Cache, FieldInfo } from '@urql/exchange-graphcache';
import type { CachedFields } from './gql/graphcache-schema.ts';

type CachedType = keyof CachedFields;

/** A reference to something in the cache. A type: graphcache wants what may have any field. */
export type Ref<Type extends CachedType = CachedType> = { __typename: Type; id: string };

/** What has fields in the cache: a thing, or the root of all queries. */
export type Parent<Type extends CachedType> = { __typename: Type; id?: string };
export const QUERY = { __typename: 'Query' } as const;

export const ref = <Type extends CachedType>(typename: Type, id: string): Ref<Type> => ({ __typename: typename, id });

export function keyOf(cache: Cache, entity: Ref): string {
  const key = cache.keyOfEntity(entity);
  if (!key) throw new Error(`${entity.__typename} has no key`);
  return key;
}

/** A field's value as the cache has it, of a field that takes no arguments; a key where it is another thing. */
export function readField<Type extends CachedType>(
  cache: Cache,
  entity: Ref<Type>,
  field: CachedFields[Type],
): unknown {
  return cache.resolve(entity, field);
}

/** Each way in which one of these fields was asked for. */
export function askedFields<Type extends CachedType>(
  cache: Cache,
  parent: Parent<Type>,
  fields: readonly CachedFields[Type][],
): FieldInfo[] {
  const names: readonly string[] = fields;
  return cache.inspectFields(parent).filter(({ fieldName }) => names.includes(fieldName));
}

/** The keys in a list that is in the cache; none when it is not. */
export function keysIn(cache: Cache, entity: string, fieldKey: string): string[] {
  const keys: unknown = cache.resolve(entity, fieldKey);
  return Array.isArray(keys) ? keys.filter((key: unknown) => typeof key === 'string') : [];
}
