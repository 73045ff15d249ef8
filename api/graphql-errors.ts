import { GraphQLError } from 'graphql';
import { DomainError, ERROR_CODES } from '#core/errors/errors.ts';
import type { Logger } from '#core/platform/logger.ts';
import { DATABASE_AWAY, isDatabaseAway } from './unavailable.ts';

/**
 * What a client is told of a failure: expected ones with their code, mistakes in the query as they are, and
 * everything else masked, logged once with the request id it carries.
 */
export function maskError(error: unknown, requestId: string, logger: Logger): GraphQLError {
  const cause = rootCause(error);
  if (cause instanceof DomainError) {
    return new GraphQLError(cause.message, {
      ...locationOf(error),
      extensions: { code: cause.code, ...cause.extra() },
    });
  }
  if (cause instanceof GraphQLError && (hasOwnCode(cause) || isCallersMistake(error, cause))) {
    return toClosedCode(new GraphQLError(cause.message, { ...locationOf(error), extensions: cause.extensions }));
  }
  if (isDatabaseAway(cause)) {
    logger.warn({ err: cause, requestId }, 'The database did not answer');
    return new GraphQLError(DATABASE_AWAY, { ...locationOf(error), extensions: { code: 'UNAVAILABLE' } });
  }
  logger.error({ err: cause, requestId }, 'A request failed in a way nobody expected');
  return new GraphQLError('Something went wrong on the server. Its log has more under this request id.', {
    ...locationOf(error),
    extensions: { code: 'INTERNAL', requestId },
  });
}

/** The same error with a code of the closed set, and without what a library has added to a code of its own. */
export function toClosedCode(error: GraphQLError): GraphQLError {
  const limit = /^Syntax Error: (?:Query )?(Depth|Token|Aliases) limit of (\d+) exceeded/i.exec(error.message);
  if (limit) return limitError(error, limit[1] ?? '', Number(limit[2]));
  if (hasOwnCode(error)) return error;
  const { code, http } = error.extensions;
  const isInput =
    code === 'BAD_REQUEST' || error.message.startsWith('Variable "$') || error.message.startsWith('Argument "');
  return new GraphQLError(error.message, {
    ...locationOf(error),
    extensions: { ...(http ? { http } : {}), code: isInput ? 'BAD_USER_INPUT' : 'QUERY_REJECTED' },
  });
}

const LIMITS: Record<string, (limit: number) => string> = {
  depth: (limit) => `A query is at most ${limit} levels deep.`,
  token: (limit) => `A query has at most ${limit} tokens: names, values and punctuation.`,
  aliases: (limit) => `A query has at most ${limit} aliases.`,
};

/** The libraries that hold the limits call what goes over them a syntax error. */
function limitError(error: GraphQLError, name: string, limit: number): GraphQLError {
  return new GraphQLError(LIMITS[name.toLowerCase()]?.(limit) ?? error.message, {
    ...locationOf(error),
    extensions: { code: 'QUERY_REJECTED', limit },
  });
}

/** Yoga keeps the status of its answer in an extension, which says nothing on a socket. */
export function withoutHttp(error: GraphQLError): GraphQLError {
  const { http, ...extensions } = error.extensions;
  return http === undefined ? error : new GraphQLError(error.message, { ...locationOf(error), extensions });
}

/** A mistake is told, but not what the schema has instead. */
export function withoutSuggestion(error: GraphQLError): GraphQLError {
  const message = error.message.replace(/ Did you mean .*\?$/, '');
  return message === error.message
    ? error
    : new GraphQLError(message, { ...locationOf(error), extensions: error.extensions });
}

function hasOwnCode(error: GraphQLError): boolean {
  return (ERROR_CODES as readonly unknown[]).includes(error.extensions['code']);
}

/** What has a path came up in the middle of an execution: but for an argument's value, that is a bug of ours. */
function isCallersMistake(error: unknown, cause: GraphQLError): boolean {
  return (error instanceof GraphQLError && error.path === undefined) || cause.message.startsWith('Argument "');
}

function rootCause(error: unknown): unknown {
  let cause = error;
  while (cause instanceof GraphQLError && cause.originalError) cause = cause.originalError;
  return cause;
}

function locationOf(error: unknown): { path?: GraphQLError['path']; nodes?: GraphQLError['nodes'] } {
  return error instanceof GraphQLError ? { path: error.path, nodes: error.nodes } : {};
}
