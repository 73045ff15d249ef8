import { GraphQLError } from 'graphql';
import { builder } from './builder.ts';

/** Without an offset it would be a moment of the server's own time zone. */
const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/i;

builder.scalarType('DateTime', {
  description: 'A moment: a string by RFC 3339, in answers always with Z, for example 2026-11-22T15:04:05.678Z.',
  specifiedByURL: 'https://scalars.graphql.org/andimarek/date-time.html',
  serialize: (value) => (value instanceof Date ? value.toISOString() : value),
  parseValue: (value) => {
    const date = typeof value === 'string' && RFC_3339.test(value) ? new Date(value) : null;
    if (!date || Number.isNaN(date.getTime()))
      throw new GraphQLError('A DateTime is a string by RFC 3339: a date, a time, and Z or an offset', {
        extensions: { code: 'BAD_USER_INPUT' },
      });
    return date;
  },
});
builder.scalarType('JSON', {
  description:
    'Any JSON value. Where the contract describes it, the field says which shape; published as JSON Schema in contract/json-schema.',
  specifiedByURL: 'https://ecma-international.org/publications-and-standards/standards/ecma-404/',
  serialize: (value) => value,
  parseValue: (value) => value,
});
builder.scalarType('File', {
  description: 'A file, sent as the GraphQL multipart request specification says.',
  specifiedByURL: 'https://github.com/jaydenseric/graphql-multipart-request-spec',
  serialize: () => {
    throw new Error('Files are not part of answers; they are downloaded by URL');
  },
  parseValue: (value) => {
    if (value instanceof File || (typeof value === 'object' && value !== null && 'stream' in value))
      return value as File;
    throw new GraphQLError('Send the file as a part of a multipart request', {
      extensions: { code: 'BAD_USER_INPUT' },
    });
  },
});
