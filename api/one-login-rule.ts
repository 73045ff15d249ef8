import { GraphQLError } from 'graphql';
import type { ValidationRule } from 'graphql';

/** One login an operation: aliases and fragments would otherwise try many passwords past the rate limit's count of requests. */
export const oneLoginRule: ValidationRule = (context) => {
  let logins = 0;
  return {
    Field(node) {
      if (node.name.value !== 'login' || context.getParentType()?.name !== 'Mutation') return;
      logins += 1;
      if (logins === 2)
        context.reportError(
          new GraphQLError('One login an operation.', { nodes: node, extensions: { code: 'QUERY_REJECTED' } }),
        );
    },
  };
};
