import { GraphQLError } from 'graphql';
import { DomainError, ERROR_CODES } from '#core/errors/errors.ts';
import type { Logger } from '#core/platform/logger.ts';

/**
 * What a client is told of a failure: expected ones with their code, mistakes in the query as they are, and
 * everything else masked, logged once with the request id it carries.
 * @param withSuggestions whether a mistake may be answered with names from the schema
 */
export function maskError(error: unknown, requestId: string, logger: Logger, withSuggestions = false): GraphQLError {
  const cause = rootCause(error);
  if (cause instanceof DomainError) {
    return new GraphQLError(cause.message, { ...locationOf(error), extensions: { code: cause.code, ...cause.extra() } });
  }
  if (error instanceof GraphQLError && cause === error) {
    // What a library adds beside the code may say more than it should (the text of an exception, for one).
    const { http } = error.extensions;
    const message = withSuggestions ? error.message : error.message.replace(/ Did you mean .*\?$/, '');
    return new GraphQLError(message, { ...locationOf(error), extensions: { ...(http ? { http } : {}), ...ownExtensions(error), code: codeOf(error) } });
  }
  if (cause instanceof GraphQLError) return new GraphQLError(cause.message, { ...locationOf(error), extensions: { code: 'BAD_USER_INPUT', ...cause.extensions } });
  logger.error({ err: cause, requestId }, 'A request failed in a way nobody expected');
  return new GraphQLError('Something went wrong on the server. Its log has more under this request id.', {
    ...locationOf(error), extensions: { code: 'INTERNAL', requestId },
  });
}

/** Libraries bring codes of their own; clients are promised the closed set. */
function codeOf(error: GraphQLError): string {
  const code = String(error.extensions['code']);
  if ((ERROR_CODES as readonly string[]).includes(code)) return code;
  return code === 'BAD_REQUEST' || error.message.startsWith('Variable "$') ? 'BAD_USER_INPUT' : 'QUERY_REJECTED';
}

function ownExtensions(error: GraphQLError): Record<string, unknown> {
  return (ERROR_CODES as readonly unknown[]).includes(error.extensions['code']) ? error.extensions : {};
}

function rootCause(error: unknown): unknown {
  let cause = error;
  while (cause instanceof GraphQLError && cause.originalError) cause = cause.originalError;
  return cause;
}

function locationOf(error: unknown): { path?: GraphQLError['path']; nodes?: GraphQLError['nodes'] } {
  return error instanceof GraphQLError ? { path: error.path, nodes: error.nodes } : {};
}
