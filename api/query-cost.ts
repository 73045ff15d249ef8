import {
  getNamedType,
  getNullableType,
  getOperationAST,
  GraphQLError,
  isCompositeType,
  isInterfaceType,
  isListType,
  isObjectType,
  Kind,
} from 'graphql';
import type {
  DocumentNode,
  FieldNode,
  FragmentDefinitionNode,
  GraphQLField,
  GraphQLNamedType,
  GraphQLSchema,
  OperationDefinitionNode,
  SelectionSetNode,
} from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE, MAX_QUERY_COST } from '#core/config/limits.ts';

const LEAF_COST = 1;
const OBJECT_COST = 2;

interface Operation {
  schema: GraphQLSchema;
  document: DocumentNode;
  variables: Readonly<Record<string, unknown>>;
}

/**
 * Refuses what asks for too much before it is executed. Not a validation rule: how long a list is may be a variable.
 */
export function queryCost(maxCost = MAX_QUERY_COST): Plugin {
  const refusal = (args: unknown): GraphQLError | null => {
    const { schema, document, variableValues, operationName } = args as {
      schema: GraphQLSchema;
      document: DocumentNode;
      variableValues?: Record<string, unknown> | null;
      operationName?: string | null;
    };
    const operation = getOperationAST(document, operationName);
    if (!operation) return null;
    const cost = costOf(operation, { schema, document, variables: variableValues ?? {} });
    if (cost <= maxCost) return null;
    return new GraphQLError(
      `This query may read too much: its cost is ${cost}, at most ${maxCost} is allowed. Ask for shorter lists (first) or fewer lists inside of lists.`,
      { extensions: { code: 'QUERY_REJECTED', limit: maxCost } },
    );
  };
  return {
    onExecute({ args, setResultAndStopExecution }) {
      const error = refusal(args);
      if (error) setResultAndStopExecution({ errors: [error] });
    },
    onSubscribe({ args, setResultAndStopExecution }) {
      const error = refusal(args);
      if (error) setResultAndStopExecution({ errors: [error] });
    },
  };
}

/**
 * How many values an operation may answer with: one a leaf, two an object, and what stands below a list as often as the
 * list is long. A list is as long as `first` or `last` says, or else its field (`extensions.length`: what it has at most,
 * or by default), and as a page where nothing is said.
 */
export function costOf(operation: OperationDefinitionNode, { schema, document, variables }: Operation): number {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions)
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  const fragmentCosts = new Map<string, number>();

  const costOfSelections = (set: SelectionSetNode, parent: GraphQLNamedType | undefined): number => {
    let cost = 0;
    for (const selection of set.selections) {
      if (selection.kind === Kind.FIELD) cost += costOfField(selection, parent);
      else if (selection.kind === Kind.INLINE_FRAGMENT)
        cost += costOfSelections(selection.selectionSet, typeNamed(selection.typeCondition?.name.value) ?? parent);
      else cost += costOfFragment(selection.name.value);
    }
    return cost;
  };
  const costOfFragment = (name: string): number => {
    const known = fragmentCosts.get(name);
    if (known !== undefined) return known;
    const fragment = fragments.get(name);
    const cost = fragment ? costOfSelections(fragment.selectionSet, typeNamed(fragment.typeCondition.name.value)) : 0;
    fragmentCosts.set(name, cost);
    return cost;
  };
  const costOfField = (node: FieldNode, parent: GraphQLNamedType | undefined): number => {
    // Clients ask for the type everywhere, which costs next to nothing; the schema is of one size.
    if (node.name.value.startsWith('__')) return 0;
    const field = isObjectType(parent) || isInterfaceType(parent) ? parent.getFields()[node.name.value] : undefined;
    if (!field || !node.selectionSet) return LEAF_COST;
    const type = getNamedType(field.type);
    return OBJECT_COST + lengthOf(node, field, parent) * costOfSelections(node.selectionSet, type);
  };
  const lengthOf = (node: FieldNode, field: GraphQLField<unknown, unknown>, parent?: GraphQLNamedType): number => {
    // The lists of a connection are as long as itself, which has been counted.
    if (isConnection(parent)) return 1;
    const isList = isListType(getNullableType(field.type)) || isConnection(getNamedType(field.type));
    if (!isList) return 1;
    const said = ['first', 'last'].map((name) => numberGiven(node, name)).filter((value) => value !== null);
    if (said.length > 0) return Math.max(1, ...said);
    const { length } = field.extensions;
    if (typeof length === 'number') return length;
    return isConnection(getNamedType(field.type)) ? DEFAULT_PAGE_SIZE : MAX_PAGE_SIZE;
  };
  const numberGiven = (node: FieldNode, name: string): number | null => {
    const value = node.arguments?.find((argument) => argument.name.value === name)?.value;
    if (value?.kind === Kind.INT) return Number(value.value);
    if (value?.kind !== Kind.VARIABLE) return null;
    const variable = value.name.value;
    const byDefault = operation.variableDefinitions?.find(
      (each) => each.variable.name.value === variable,
    )?.defaultValue;
    const given = variables[variable];
    if (given === undefined && byDefault?.kind === Kind.INT) return Number(byDefault.value);
    return typeof given === 'number' ? given : null;
  };
  const typeNamed = (name: string | undefined): GraphQLNamedType | undefined =>
    name === undefined ? undefined : schema.getType(name);

  return costOfSelections(operation.selectionSet, schema.getRootType(operation.operation) ?? undefined);
}

function isConnection(type: GraphQLNamedType | undefined): boolean {
  return isCompositeType(type) && isObjectType(type) && type.getFields()['pageInfo'] !== undefined;
}
