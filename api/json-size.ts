import { GraphQLError, visit } from 'graphql';
import type { DocumentNode } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { MAX_JSON_DEPTH } from '#core/config/limits.ts';
import { whyJsonTooLarge } from '#core/errors/json-size.ts';

/** @returns the error an operation with such variables is answered with; null: they are small enough */
export function refuseLargeJson(params: unknown): GraphQLError | null {
  const why = whyJsonTooLarge(params);
  return why === null ? null : new GraphQLError(why, { extensions: { code: 'BAD_USER_INPUT' } });
}

/** For what Yoga reads itself: multipart requests and query strings. And for values that are written in the query. */
export function jsonSize(): Plugin {
  return {
    onParams({ params, setResult }) {
      const error = refuseLargeJson(params.variables);
      if (error) setResult({ errors: [error] });
    },
    onParse() {
      return ({ result, replaceParseResult }) => {
        if (result !== null && 'kind' in result && literalDepth(result as DocumentNode) > MAX_JSON_DEPTH)
          replaceParseResult(
            new GraphQLError(`A value in a query is nested at most ${MAX_JSON_DEPTH} deep.`, {
              extensions: { code: 'BAD_USER_INPUT' },
            }),
          );
      };
    },
  };
}

function literalDepth(document: DocumentNode): number {
  let depth = 0;
  let deepest = 0;
  const enter = (): void => {
    depth += 1;
    deepest = Math.max(deepest, depth);
  };
  const leave = (): void => {
    depth -= 1;
  };
  visit(document, { ListValue: { enter, leave }, ObjectValue: { enter, leave } });
  return deepest;
}
