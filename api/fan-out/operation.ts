import { createHash } from 'node:crypto';
import { execute, getOperationAST, Kind, visit } from 'graphql';
import type { DocumentNode, FieldNode, GraphQLError, GraphQLSchema, OperationDefinitionNode } from 'graphql';
import type { ApiContext } from '#api/context.ts';
import { SharedReader } from './shared-reader.ts';

/** What a subscriber has asked for. */
export interface Operation {
  schema: GraphQLSchema;
  document: DocumentNode;
  /** The document as it was sent. */
  source: string;
  operationName: string | null | undefined;
  variables: Readonly<Record<string, unknown>> | null | undefined;
}

/**
 * Operations with the same key answer an item with the same bytes: the same text, the same variables where its answer
 * has any, and readers who may see the same. Where they begin to follow makes no difference.
 */
export function operationKey({ document, source, operationName, variables }: Operation, isAdmin: boolean): string {
  const definition = getOperationAST(document, operationName);
  const used = definition ? variablesOfAnswer(document, definition) : new Set<string>();
  const relevant = Object.entries(variables ?? {})
    .filter(([name]) => used.has(name))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256')
    .update(JSON.stringify([isAdmin, operationName ?? null, relevant, source]))
    .digest('base64');
}

/** Answers one item, for everybody who has asked the same. @returns JSON */
export async function answerItem(
  operation: Operation,
  item: unknown,
  context: ApiContext,
  mask: (errors: readonly GraphQLError[]) => readonly GraphQLError[],
): Promise<string> {
  const { errors, data } = await execute({
    schema: operation.schema,
    document: operation.document,
    operationName: operation.operationName ?? null,
    variableValues: operation.variables ?? null,
    rootValue: item,
    contextValue: context,
  });
  return JSON.stringify(errors ? { errors: mask(errors), data } : { data });
}

/** The context in which an item is answered for many: nobody's own. */
export function sharedContext(context: ApiContext): ApiContext {
  const isAdmin = context.actor?.kind === 'user' && context.actor.isAdmin;
  return { ...context, actor: new SharedReader(isAdmin), followShared: null };
}

/** The variables that the answer to an item depends on: the arguments of the root field say where to begin. */
function variablesOfAnswer(document: DocumentNode, definition: OperationDefinitionNode): ReadonlySet<string> {
  const names = new Set<string>();
  const collect = (node: DocumentNode['definitions'][number] | FieldNode['selectionSet']): void => {
    if (node) visit(node, { Variable: ({ name }) => void names.add(name.value) });
  };
  for (const root of definition.selectionSet.selections) {
    for (const directive of root.directives ?? [])
      visit(directive, { Variable: ({ name }) => void names.add(name.value) });
    if (root.kind !== Kind.FRAGMENT_SPREAD) collect(root.selectionSet);
  }
  for (const other of document.definitions) if (other.kind === Kind.FRAGMENT_DEFINITION) collect(other);
  return names;
}
