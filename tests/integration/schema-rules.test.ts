import {
  getNamedType,
  getNullableType,
  isEnumType,
  isInterfaceType,
  isListType,
  isNonNullType,
  isObjectType,
  isScalarType,
  isUnionType,
} from 'graphql';
import type { GraphQLField, GraphQLObjectType } from 'graphql';
import { expect, test } from 'vitest';
import { buildSchema } from '#api/schema/schema.ts';

/** What graphql-eslint's rules of the same names ask, of the schema as it is printed, and what a mutation is here. */
const schema = buildSchema();
const types = Object.values(schema.getTypeMap()).filter((type) => !type.name.startsWith('__'));
const objects = types.filter(isObjectType);
const fieldsOf = (type: GraphQLObjectType | null | undefined): GraphQLField<unknown, unknown>[] =>
  Object.values(type?.getFields() ?? {});
const mutations = fieldsOf(schema.getMutationType());
const connections = objects.filter(({ name }) => name.endsWith('Connection'));

test('require-nullable-result-in-root: what fails nulls itself, and not what stands beside it', () => {
  const roots = [...fieldsOf(schema.getQueryType()), ...mutations];
  expect(roots.filter(({ type }) => isNonNullType(type)).map(({ name }) => name)).toEqual([]);
});

test('relay-page-info: a page says where it begins and ends', () => {
  const page = schema.getType('PageInfo') as GraphQLObjectType;
  expect(Object.fromEntries(fieldsOf(page).map(({ name, type }) => [name, String(type)]))).toEqual({
    endCursor: 'String',
    hasNextPage: 'Boolean!',
    hasPreviousPage: 'Boolean!',
    startCursor: 'String',
  });
});

test('relay-connection-types and relay-edge-types: a connection has edges and a page, an edge a node and a cursor', () => {
  expect(connections.length).toBeGreaterThan(10);
  for (const connection of connections) {
    const { edges, nodes, pageInfo } = connection.getFields();
    const node = connection.name.replace(/Connection$/, '');
    expect([connection.name, String(edges?.type), String(nodes?.type), String(pageInfo?.type)]).toEqual([
      connection.name,
      `[${node}Edge!]!`,
      `[${node}!]!`,
      'PageInfo!',
    ]);
    const edge = schema.getType(`${node}Edge`) as GraphQLObjectType;
    expect(fieldsOf(edge).map(({ name, type }) => `${name}: ${String(type)}`)).toEqual([
      'cursor: String!',
      `node: ${node}!`,
    ]);
  }
});

test('relay-arguments: a list that is a connection is paged in both directions', () => {
  const lists = objects.flatMap((type) => fieldsOf(type).map((field) => ({ type, field })));
  for (const { type, field } of lists) {
    const target = getNamedType(field.type);
    if (!isObjectType(target) || !connections.includes(target)) continue;
    const given = field.args.filter(({ name }) => ['first', 'after', 'last', 'before'].includes(name));
    expect([
      `${type.name}.${field.name}`,
      given.map(({ name, type: argument }) => `${name}: ${String(argument)}`).sort(),
    ]).toEqual([`${type.name}.${field.name}`, ['after: String', 'before: String', 'first: Int', 'last: Int']]);
  }
});

/** Lists that can not grow: as long as a form, a machine, or an enum. */
const SHORT_LISTS = [
  'AgentPresetDetails',
  'BoardColumn',
  'DateTime',
  'FieldIssue',
  'ID',
  'KnownRepository',
  'LeaseState',
  'PinnedAction',
  'ProjectRight',
  'Repository',
  'RepositoryGrant',
  'RestoredField',
  // At most a page.
  'RunActivityEntry',
  // As long as a tool call, and a plan.
  'RunFileChange',
  // At most a page.
  'RunInput',
  'RunLogLine',
  'RecordingFound',
  'RunPlanStep',
  'RunnerProgram',
  'SnippetPart',
  'SpendOfAgent',
  'SpendOfDay',
  'StateAuthor',
  'StateChange',
  'String',
  'SystemPart',
  'TaskStatus',
  'TranscriptSegment',
  'WorkFolder',
  'WorkFolderVerdict',
];
test('what can grow is a connection; only what can not is a plain list', () => {
  const plain = objects
    .filter(({ name }) => !name.endsWith('Connection'))
    .flatMap((type) => fieldsOf(type).map((field) => ({ name: `${type.name}.${field.name}`, type: field.type })))
    .filter(({ type }) => isListType(getNullableType(type)))
    .filter(({ type }) => !SHORT_LISTS.includes(getNamedType(type).name));
  // What was said is about as many tasks as it has asks.
  expect(plain.map(({ name }) => name)).toEqual(['Message.relatedTasks', 'Recording.tasks']);
});

test('input-name: a mutation takes one input of its own', () => {
  for (const { name, args } of mutations) {
    if (args.length === 0) continue;
    const own = `${name.charAt(0).toUpperCase()}${name.slice(1)}Input!`;
    expect([name, args.map((arg) => `${arg.name}: ${String(arg.type)}`)]).toEqual([name, [`input: ${own}`]]);
  }
});

test('a mutation answers with a union of its payload and the errors that a caller can expect', () => {
  const userError = schema.getType('UserError');
  if (!isInterfaceType(userError)) throw new Error('Expected UserError to be an interface');
  for (const { name, type } of mutations) {
    const title = `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
    const union = getNullableType(type);
    if (!isUnionType(union)) throw new Error(`Expected ${name} to answer with a union, found ${String(type)}`);
    const members = union.getTypes();
    const payloads = members.filter((member) => !member.getInterfaces().includes(userError));
    expect([union.name, payloads.map((payload) => payload.name)]).toEqual([`${title}Result`, [`${title}Payload`]]);
    expect([name, members.length]).not.toEqual([name, 1]);
  }
  expect(isEnumType(getNamedType(userError.getFields()['code']?.type ?? userError))).toBe(true);
});

test("a scalar of the schema's own says where it is specified", () => {
  const own = types
    .filter(isScalarType)
    .filter(({ name }) => !['Boolean', 'Float', 'ID', 'Int', 'String'].includes(name));
  expect(own.map(({ name }) => name).sort()).toEqual(['DateTime', 'File', 'JSON']);
  expect(own.filter(({ specifiedByURL }) => !specifiedByURL).map(({ name }) => name)).toEqual([]);
});
