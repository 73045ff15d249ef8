import { writeFileSync } from 'node:fs';
import { lexicographicSortSchema, printSchema } from 'graphql';
import { format, resolveConfig } from 'prettier';
import { buildSchema } from './schema.ts';

/** Writes schema.graphql, which is committed and which the typed documents are made from. Needs no database. */
const file = 'schema.graphql';
const text = printSchema(lexicographicSortSchema(buildSchema()));
writeFileSync(file, await format(text, { ...(await resolveConfig(file)), parser: 'graphql' }));
console.log(file);
