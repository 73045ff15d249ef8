import type { CodegenConfig } from '@graphql-codegen/cli';
import { graphcacheSchemaPreset } from './web/codegen/graphcache-schema-preset.ts';

/** How the schema's own scalars travel as JSON. */
const scalars = { ID: 'string', DateTime: 'string', JSON: 'unknown', File: 'Blob' };

/** Typed documents for the rooms that speak to the API; run after the schema has been printed. */
const config: CodegenConfig = {
  schema: 'schema.graphql',
  importExtension: '.ts',
  ignoreNoDocuments: true,
  generates: {
    'web/app/graphql/gql/': {
      preset: 'client',
      documents: ['web/app/**/*.{ts,tsx}', '!web/app/graphql/gql/**', '!web/app/**/*.test.*'],
      presetConfig: { fragmentMasking: { unmaskFunctionName: 'readFragment' } },
      config: { strictScalars: true, useTypeImports: true, scalars },
    },
    'web/app/graphql/gql/graphcache-schema.ts': { preset: graphcacheSchemaPreset },
    'runner/control-plane/gql/': {
      preset: 'client',
      documents: ['runner/**/*.ts', '!runner/control-plane/gql/**', '!runner/**/*.test.ts'],
      presetConfig: { fragmentMasking: false },
      config: { documentMode: 'string', strictScalars: true, useTypeImports: true, scalars },
    },
  },
};

export default config;
