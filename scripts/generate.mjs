#!/usr/bin/env node
/**
 * Makes what is generated: the Prisma client and Pothos' types, schema.graphql, the typed GraphQL documents, the
 * contract's JSON Schema files. Every step each time; `npm start` and `npm test` repeat only what has changed.
 *
 *     node scripts/generate.mjs [--only prisma,schema,documents,contract] [--changed]
 */
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { runEntryPoint } from './bootstrap/entry-point.mjs';
import { generate, GENERATE_STEPS } from './bootstrap/generated-files.mjs';
import { createProgress } from './bootstrap/progress.mjs';
import { StartFailure } from './bootstrap/start-failure.mjs';

const rootDir = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

await runEntryPoint(async ({ stopping }) => {
  const { values } = parseArgs({ options: { only: { type: 'string' }, changed: { type: 'boolean', default: false } } });
  const only = values.only?.split(',') ?? Object.keys(GENERATE_STEPS);
  const unknown = only.filter((name) => !(name in GENERATE_STEPS));
  if (unknown.length > 0)
    throw new StartFailure(
      `There is no step ${unknown.join(', ')}; there are ${Object.keys(GENERATE_STEPS).join(', ')}.`,
    );
  await generate({ rootDir, progress: createProgress(process.stdout, stopping), only, isForced: !values.changed });
  return 0;
});
