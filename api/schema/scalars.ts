import { GraphQLError } from 'graphql';
import { builder } from './builder.ts';

builder.scalarType('DateTime', {
  description: 'A moment: ISO-8601 with Z, for example 2026-11-22T15:04:05.678Z.',
  serialize: (value) => (value instanceof Date ? value.toISOString() : value),
  parseValue: (value) => {
    const date = typeof value === 'string' ? new Date(value) : null;
    if (!date || Number.isNaN(date.getTime()))
      throw new GraphQLError('A DateTime is an ISO-8601 string', { extensions: { code: 'BAD_USER_INPUT' } });
    return date;
  },
});
builder.scalarType('JSON', {
  description:
    'Any JSON value. Where the contract describes it, the field says which shape; published as JSON Schema in contract/json-schema.',
  serialize: (value) => value,
  parseValue: (value) => value,
});
builder.scalarType('File', {
  description: 'A file, sent as the GraphQL multipart request specification says.',
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
