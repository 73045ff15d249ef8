import {
  getNamedType,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  isUnionType,
} from 'graphql';
import type { GraphQLField, GraphQLInputType, GraphQLSchema } from 'graphql';

import { newId } from '#core/platform/ids.ts';

export interface RootField {
  kind: 'query' | 'mutation' | 'subscription';
  name: string;
  field: GraphQLField<unknown, unknown>;
  scopes: Record<string, boolean>;
  /** The operation with a variable for each argument. */
  operation: string;
}

/** Every root field of a schema, with an operation that calls it and asks for as little as can be told apart. */
export function rootFields(schema: GraphQLSchema): RootField[] {
  const roots = [
    ['query', schema.getQueryType()],
    ['mutation', schema.getMutationType()],
    ['subscription', schema.getSubscriptionType()],
  ] as const;
  return roots.flatMap(([kind, type]) =>
    Object.values(type?.getFields() ?? {}).map((field) => {
      const { authScopes } = field.extensions['pothosOptions'] as { authScopes: Record<string, boolean> };
      return { kind, name: field.name, field, scopes: authScopes, operation: operationOf(kind, field) };
    }),
  );
}

function operationOf(kind: string, field: GraphQLField<unknown, unknown>): string {
  const declared = field.args.map((arg) => `$${arg.name}: ${String(arg.type)}`).join(', ');
  const given = field.args.map((arg) => `${arg.name}: $${arg.name}`).join(', ');
  return `${kind} Walk${declared ? `(${declared})` : ''} { ${field.name}${given ? `(${given})` : ''} ${selectionOf(field)} }`;
}

function selectionOf(field: GraphQLField<unknown, unknown>): string {
  const type = getNamedType(field.type);
  if (isLeafType(type)) return '';
  if (isUnionType(type)) return '{ __typename ... on UserError { code message } }';
  if (isObjectType(type) && type.name.endsWith('Connection')) return '{ nodes { __typename } }';
  return '{ __typename }';
}

/** A value for a name like projectId, or undefined for the default of its type. */
export type Fixtures = (fieldName: string, argumentName: string) => unknown;

/** Variables that fit: fixtures where there are some, otherwise something of the type. */
export function variablesOf({ field }: RootField, fixtures: Fixtures): Record<string, unknown> {
  return Object.fromEntries(field.args.map((arg) => [arg.name, valueOf(arg.type, field.name, arg.name, fixtures)]));
}

function valueOf(type: GraphQLInputType, fieldName: string, name: string, fixtures: Fixtures): unknown {
  const known = fixtures(fieldName, name);
  if (known !== undefined) return known;
  // Each call is one of its own.
  if (name === 'idempotencyKey') return newId();
  const inner = isNonNullType(type) ? type.ofType : type;
  if (isListType(inner)) return [valueOf(inner.ofType, fieldName, name, fixtures)];
  if (isInputObjectType(inner))
    return Object.fromEntries(
      Object.values(inner.getFields()).map((each) => [each.name, valueOf(each.type, fieldName, each.name, fixtures)]),
    );
  if (isEnumType(inner)) return inner.getValues()[0]?.name;
  return (
    { Int: 1, Float: 1, Boolean: true, JSON: {}, DateTime: '2026-01-01T00:00:00Z' }[getNamedType(inner).name] ?? 'text'
  );
}

export interface Leaf {
  path: (string | number)[];
  typeName: string;
}

/** Every place of a root field's variables where a scalar stands. */
export function leavesOf({ field }: RootField): Leaf[] {
  return field.args.flatMap((arg) => leaves(arg.type, [arg.name]));
}

function leaves(type: GraphQLInputType, path: (string | number)[]): Leaf[] {
  const inner = isNonNullType(type) ? type.ofType : type;
  if (isListType(inner)) return leaves(inner.ofType, [...path, 0]);
  if (isInputObjectType(inner))
    return Object.values(inner.getFields()).flatMap((each) => leaves(each.type, [...path, each.name]));
  return isEnumType(inner) ? [] : [{ path, typeName: getNamedType(inner).name }];
}

/** A copy of the variables with another value at one place. */
export function withValueAt(
  variables: Record<string, unknown>,
  path: (string | number)[],
  value: unknown,
): Record<string, unknown> {
  const copy = structuredClone(variables);
  let at: Record<string | number, unknown> = copy;
  for (const part of path.slice(0, -1)) at = at[part] as Record<string | number, unknown>;
  at[path.at(-1) ?? ''] = value;
  return copy;
}
