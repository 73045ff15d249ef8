import type { CodegenConfig } from '@graphql-codegen/cli';
import {
  isAbstractType,
  isInterfaceType,
  isListType,
  isNonNullType,
  isObjectType,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
} from 'graphql';

type Preset = Exclude<NonNullable<Extract<CodegenConfig['generates'][string], { preset?: unknown }>['preset']>, string>;

/**
 * Writes what graphcache must know of the schema, and no more: which types an interface or a union has, which fields may be
 * null, and which types have no id. The full introspection would be several times the size, and every browser loads it.
 */
export const graphcacheSchemaPreset: Preset = {
  buildGeneratesSection: (options) => [
    {
      filename: options.baseOutputDir,
      schema: options.schema,
      documents: [],
      config: {},
      plugins: [{ graphcacheSchema: {} }],
      pluginMap: { graphcacheSchema: { plugin: printModule } },
    },
  ],
};

function printModule(schema: GraphQLSchema): string {
  const types = Object.values(schema.getTypeMap())
    .filter((type) => !type.name.startsWith('__'))
    .map(describe)
    .filter((type) => type !== null);
  const name = (type: GraphQLNamedType | null | undefined): { name: string } | null =>
    type ? { name: type.name } : null;
  const introspection = {
    __schema: {
      queryType: name(schema.getQueryType()),
      mutationType: name(schema.getMutationType()),
      subscriptionType: name(schema.getSubscriptionType()),
      types,
    },
  };
  const objects = Object.values(schema.getTypeMap())
    .filter((type) => isObjectType(type))
    .filter((type) => !type.name.startsWith('__'));
  const unkeyed = objects.filter((type) => !type.getFields()['id']).map((type) => type.name);
  const fields = objects.map((type) => {
    const names = Object.keys(type.getFields()).map((field) => JSON.stringify(field));
    return `  ${type.name}: ${names.join(' | ')};\n`;
  });
  return [
    `import type { CacheExchangeOpts } from '@urql/exchange-graphcache';\n`,
    `export const graphcacheSchema: NonNullable<CacheExchangeOpts['schema']> = ${JSON.stringify(introspection)};\n`,
    `export const unkeyedTypes: readonly string[] = ${JSON.stringify(unkeyed)};\n`,
    `/** The fields of each type: what is not among them is not in the cache. */\nexport interface CachedFields {\n${fields.join('')}}\n`,
  ].join('\n');

  function describe(type: GraphQLNamedType): object | null {
    const possibleTypes = isAbstractType(type)
      ? { possibleTypes: schema.getPossibleTypes(type).map((t) => ({ kind: 'OBJECT', name: t.name })) }
      : {};
    if (!isObjectType(type) && !isInterfaceType(type))
      return isAbstractType(type) ? { kind: 'UNION', name: type.name, ...possibleTypes } : null;
    const fields = Object.values(type.getFields()).map((field) => ({
      name: field.name,
      args: [],
      type: isNonNullType(field.type) || isListOfRoot(type, field) ? { kind: 'NON_NULL', ofType: ANY } : ANY,
    }));
    const interfaces = type.getInterfaces().map((i) => ({ kind: 'INTERFACE', name: i.name }));
    return { kind: isObjectType(type) ? 'OBJECT' : 'INTERFACE', name: type.name, fields, interfaces, ...possibleTypes };
  }
}

/**
 * A list of Query is null only with an error. For graphcache it is not nullable: one that was marked as unknown is asked
 * for again, and until then the page keeps what it shows instead of showing nothing.
 */
function isListOfRoot(parent: GraphQLNamedType, { type }: GraphQLField<unknown, unknown>): boolean {
  const isList = isListType(type) || (isObjectType(type) && type.name.endsWith('Connection'));
  return parent.name === 'Query' && isList;
}

/** Graphcache looks at the outer NON_NULL only. */
const ANY = { kind: 'SCALAR', name: 'Any' } as const;
