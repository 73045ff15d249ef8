import { GraphQLError, OperationTypeNode, TypeInfo, visit, visitWithTypeInfo } from 'graphql';
import type { FieldNode, ValidationRule } from 'graphql';

/** Of a field whose answer depends on who asks: `extensions: OF_READER`. */
export const OF_READER = { isOfReader: true } as const;

/** What is followed is answered once for all who follow it, so it can not tell each what is only his. */
export const readerFieldsRule: ValidationRule = (context) => ({
  OperationDefinition(operation) {
    if (operation.operation !== OperationTypeNode.SUBSCRIPTION) return;
    const typeInfo = new TypeInfo(context.getSchema());
    const refuse = (node: FieldNode): void => {
      if (typeInfo.getFieldDef()?.extensions['isOfReader'] !== true) return;
      const name = `${typeInfo.getParentType()?.name ?? ''}.${node.name.value}`;
      context.reportError(
        new GraphQLError(
          `${name} depends on who asks, and what is followed is answered once for all who follow it. Ask for it in a query.`,
          { nodes: node, extensions: { code: 'QUERY_REJECTED' } },
        ),
      );
    };
    for (const part of [operation, ...context.getRecursivelyReferencedFragments(operation)])
      visit(part, visitWithTypeInfo(typeInfo, { Field: refuse }));
  },
});
