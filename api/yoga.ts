import { maxAliasesPlugin } from '@escape.tech/graphql-armor-max-aliases';
import { maxDepthPlugin } from '@escape.tech/graphql-armor-max-depth';
import { maxTokensPlugin } from '@escape.tech/graphql-armor-max-tokens';
import { NoSchemaIntrospectionCustomRule } from 'graphql';
import type { GraphQLSchema } from 'graphql';
import { createYoga } from 'graphql-yoga';
import type { Plugin } from 'graphql-yoga';
import type { ApiContext } from '#api/context.ts';
import { EXECUTION_TIMEOUT_MS, MAX_QUERY_ALIASES, MAX_QUERY_DEPTH, MAX_QUERY_TOKENS } from '#core/config/limits.ts';
import type { Logger } from '#core/platform/logger.ts';
import { closedCodes } from './closed-codes.ts';
import { maskError } from './graphql-errors.ts';
import { introspectionForSignedIn } from './introspection.ts';
import { jsonSize } from './json-size.ts';
import { oneLoginRule } from './one-login-rule.ts';
import { readerFieldsRule } from './reader-fields-rule.ts';
import { queryCost } from './query-cost.ts';
import { currentRequestId } from './request-ids.ts';
import { subscriptionsByStream } from './subscriptions-by-stream.ts';
import { timeLimit } from './time-limit.ts';

export interface YogaOptions {
  schema: GraphQLSchema;
  logger: Logger;
  /** Introspection, and names from the schema in what is said of a mistake, for those who are signed in; otherwise for nobody. */
  isExplorable: boolean;
}

/** GraphQL over HTTP, with every door that is open by default closed (docs/decisions/0003-graphql-surface.md). */
export function createGraphql({ schema, logger, isExplorable }: YogaOptions) {
  const rules: Plugin = {
    onValidate({ addValidationRule }) {
      addValidationRule(oneLoginRule);
      addValidationRule(readerFieldsRule);
      if (!isExplorable) addValidationRule(NoSchemaIntrospectionCustomRule);
    },
  };
  const refused = { onReject: [], exposeLimits: true, errorMessage: 'This query asks for too much at once.' };
  return createYoga<ApiContext>({
    schema,
    logging: false,
    cors: false,
    batching: false,
    landingPage: false,
    graphqlEndpoint: '/graphql',
    maskedErrors: { maskError: (error) => maskError(error, currentRequestId(), logger) },
    // The explorer's page is ours (explorer/serve-explorer.ts): Yoga's has no policy of what it may load.
    graphiql: false,
    plugins: [
      jsonSize(),
      rules,
      introspectionForSignedIn(),
      queryCost(),
      subscriptionsByStream(),
      closedCodes(isExplorable),
      timeLimit(EXECUTION_TIMEOUT_MS),
      maxTokensPlugin({ n: MAX_QUERY_TOKENS, ...refused }),
      maxDepthPlugin({ n: MAX_QUERY_DEPTH, ignoreIntrospection: true, flattenFragments: true, ...refused }),
      maxAliasesPlugin({ n: MAX_QUERY_ALIASES, ...refused }),
    ] as Plugin[],
  });
}
