import { existsSync } from 'node:fs';
import path from 'node:path';
import { findProgram } from './programs.mjs';
import { runToEnd } from './processes.mjs';
import { hashInputs, isStamped, stamp } from './stamps.mjs';
import { StartFailure } from './start-failure.mjs';

/**
 * @typedef {object} GenerateStep
 * @property {string} title
 * @property {readonly string[]} inputs what the outcome depends on
 * @property {readonly string[]} outputs when one is missing, the step runs whatever the inputs
 * @property {readonly string[]} args of Node.js
 */

const GENERATED_FOLDERS = [
  'prisma/generated',
  'web/app/graphql/gql',
  'runner/control-plane/gql',
  'tests/kit/gql',
  'contract/json-schema',
];

/**
 * In their order: each works on what the one before has made.
 * @type {Record<string, GenerateStep>}
 */
export const GENERATE_STEPS = {
  prisma: {
    title: 'Database client',
    inputs: ['prisma/schema.prisma', 'prisma.config.ts', 'package-lock.json'],
    outputs: ['prisma/generated/client/client.ts', 'prisma/generated/pothos-types.ts'],
    args: ['node_modules/prisma/build/index.js', 'generate', '--no-hints'],
  },
  schema: {
    title: 'GraphQL schema',
    inputs: ['api', 'core', 'contract', 'prisma/schema.prisma', 'package-lock.json'],
    outputs: ['schema.graphql'],
    args: ['--import', 'tsx', 'api/schema/print.ts'],
  },
  documents: {
    title: 'GraphQL documents',
    inputs: [
      'schema.graphql',
      'codegen.ts',
      'web/codegen',
      'web/app',
      'runner',
      'cli',
      'tests/kit',
      'package-lock.json',
    ],
    outputs: ['web/app/graphql/gql/graphql.ts', 'runner/control-plane/gql/graphql.ts'],
    args: ['--import', 'tsx', 'node_modules/@graphql-codegen/cli/esm/bin.js', '--config', 'codegen.ts'],
  },
  contract: {
    title: 'Contract',
    inputs: ['contract', 'scripts/print-json-schemas.ts', 'package-lock.json'],
    outputs: ['contract/json-schema/request.json'],
    args: ['--import', 'tsx', 'scripts/print-json-schemas.ts'],
  },
};

/**
 * Runs the steps whose inputs have changed since they last ran here, or all.
 * @param {{ rootDir: string, progress: import('./progress.mjs').Progress, only?: readonly string[], isForced?: boolean }} options
 */
export async function generate({ rootDir, progress, only = Object.keys(GENERATE_STEPS), isForced = false }) {
  for (const [name, step] of Object.entries(GENERATE_STEPS)) {
    if (!only.includes(name)) continue;
    // In node_modules, so that a fresh installation, which may bring other generators, begins anew.
    const stampFile = path.join(rootDir, 'node_modules', '.overmind', `generate-${name}`);
    const hash = hashInputs(rootDir, step.inputs, GENERATED_FOLDERS);
    const isThere = step.outputs.every((output) => existsSync(path.join(rootDir, output)));
    if (!isForced && isThere && isStamped(stampFile, hash)) continue;
    await progress.step(step.title, async () => {
      const result = await runToEnd(process.execPath, [...step.args], {
        cwd: rootDir,
        // Prisma starts its generators by name.
        env: {
          ...process.env,
          ...PRISMA_ENVIRONMENT,
          PATH: `${path.join(rootDir, 'node_modules', '.bin')}${path.delimiter}${process.env['PATH'] ?? ''}`,
        },
      });
      if (result.code !== 0) {
        const lines = `${result.stdout}\n${result.stderr}`.split('\n').filter((line) => line.trim() !== '');
        throw new StartFailure(`${step.title}: node ${step.args.join(' ')} failed with code ${result.code}.`, {
          logTail: lines.slice(-15),
        });
      }
    });
    // The inputs again: a generator may have touched one of them.
    stamp(stampFile, hashInputs(rootDir, step.inputs, GENERATED_FOLDERS));
  }
}

const PRISMA_ENVIRONMENT = {
  // `prisma generate` does not use its native engine, but would download it; any program that exists stops that.
  PRISMA_SCHEMA_ENGINE_BINARY: findProgram('true') ?? '/bin/true',
  PRISMA_HIDE_UPDATE_MESSAGE: '1',
  CHECKPOINT_DISABLE: '1',
};
