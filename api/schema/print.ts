import { writeFileSync } from 'node:fs';
import { lexicographicSortSchema, printSchema } from 'graphql';
import { buildSchema } from './schema.ts';

/** Writes schema.graphql, which is committed and which the typed documents are made from. Needs no database. */
writeFileSync('schema.graphql', `${printSchema(lexicographicSortSchema(buildSchema()))}\n`);
console.log('schema.graphql');
