import { Kind, isAbstractType, isObjectType, parse, validate } from 'graphql';
import type { DocumentNode, FieldNode, GraphQLObjectType, GraphQLSchema, SelectionNode } from 'graphql';

/** A document that appends to a log and nothing else, with what it asks to be told when that has worked. */
export interface AppendDocument {
  document: DocumentNode;
  operationName: string | null;
  /** @returns the `data` of the answer */
  answer(lastSeq: number): Record<string, Record<string, string | number>>;
}

const ROOT_FIELD = 'appendRunLogs';
const PAYLOAD = 'AppendRunLogsPayload';
type Told = '__typename' | 'lastSeq';

/**
 * Reads `mutation ($input: AppendRunLogsInput!) { appendRunLogs(input: $input) { … } }`, whatever it asks for and calls it.
 * @returns null for anything else, however little it differs: the whole of GraphQL is for that
 */
export function readAppendDocument(schema: GraphQLSchema, query: string): AppendDocument | null {
  const payload = schema.getType(PAYLOAD);
  if (!isObjectType(payload)) throw new Error(`Expected the schema to have the type ${PAYLOAD}`);
  const document = parseOrNull(query);
  const [operation, ...rest] = document?.definitions ?? [];
  if (!document || rest.length > 0 || operation?.kind !== Kind.OPERATION_DEFINITION) return null;
  const [root, ...beside] = operation.selectionSet.selections;
  if (root?.kind !== Kind.FIELD || root.name.value !== ROOT_FIELD || beside.length > 0) return null;
  const [input] = root.arguments ?? [];
  if (input?.value.kind !== Kind.VARIABLE || input.value.name.value !== 'input') return null;
  if (hasDirectives(operation) || hasDirectives(root) || operation.variableDefinitions?.[0]?.defaultValue) return null;
  const told = tellOf(schema, payload, root.selectionSet?.selections ?? []);
  if (!told || validate(schema, document).length > 0) return null;
  const key = responseKey(root);
  return {
    document,
    operationName: operation.name?.value ?? null,
    answer: (lastSeq) => ({
      [key]: Object.fromEntries(told.map(([name, what]) => [name, what === 'lastSeq' ? lastSeq : PAYLOAD])),
    }),
  };
}

/** What selections ask of the payload, by response key; null: something that is not understood here. */
function tellOf(
  schema: GraphQLSchema,
  payload: GraphQLObjectType,
  selections: readonly SelectionNode[],
): [string, Told][] | null {
  const told: [string, Told][] = [];
  for (const selection of selections) {
    if (hasDirectives(selection)) return null;
    if (selection.kind === Kind.FIELD) {
      const name = selection.name.value;
      if (name !== '__typename' && name !== 'lastSeq') return null;
      told.push([responseKey(selection), name]);
      continue;
    }
    if (selection.kind !== Kind.INLINE_FRAGMENT) return null;
    const type = selection.typeCondition ? schema.getType(selection.typeCondition.name.value) : payload;
    const isOfPayload = type === payload || (isAbstractType(type) && schema.isSubType(type, payload));
    if (!isOfPayload) continue;
    const inner = tellOf(schema, payload, selection.selectionSet.selections);
    if (!inner) return null;
    told.push(...inner);
  }
  return told;
}

function parseOrNull(query: string): DocumentNode | null {
  try {
    return parse(query, { noLocation: true });
  } catch {
    // What is wrong with it is said by whoever takes it next.
    return null;
  }
}

function hasDirectives(node: { directives?: readonly unknown[] | undefined }): boolean {
  return (node.directives?.length ?? 0) > 0;
}

function responseKey(field: FieldNode): string {
  return field.alias?.value ?? field.name.value;
}
