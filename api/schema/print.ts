import { mkdirSync, writeFileSync } from 'node:fs';
import { introspectionFromSchema, lexicographicSortSchema, printSchema } from 'graphql';
import { buildSchema } from './schema.ts';

/** Writes schema.graphql, which is committed, and the introspection that the web's cache reads. Needs no database. */
const schema = lexicographicSortSchema(buildSchema());
writeFileSync('schema.graphql', `${printSchema(schema)}\n`);
mkdirSync('web/app/graphql/generated', { recursive: true });
writeFileSync('web/app/graphql/generated/introspection.json', JSON.stringify(introspectionFromSchema(schema, { descriptions: false, directiveIsRepeatable: false, schemaDescription: false, specifiedByUrl: false })));
console.log('schema.graphql');
