/**
 * Publishes the contract as JSON Schema 2020-12: `contract/json-schema/<shape>.json`, or
 * `<shape>.input.json` and `<shape>.output.json` where what may be written (defaults left out)
 * differs from what is read (defaults filled in).
 *
 *     tsx scripts/print-json-schemas.ts            writes the files
 *     tsx scripts/print-json-schemas.ts --check    exits 1 and names each file that is not up to date
 *
 * A folder given as an argument stands in for contract/json-schema.
 */
import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { AgentConfig } from '#contract/agent-config.ts';
import { Request } from '#contract/request.ts';
import { RunResult } from '#contract/run-result.ts';
import { RunSpec } from '#contract/run-spec.ts';
import { TaskDefinition } from '#contract/task-definition.ts';

const SHAPES = {
  'agent-config': { title: 'AgentConfig', schema: AgentConfig },
  request: { title: 'Request', schema: Request },
  'run-result': { title: 'RunResult', schema: RunResult },
  'run-spec': { title: 'RunSpec', schema: RunSpec },
  'task-definition': { title: 'TaskDefinition', schema: TaskDefinition },
} as const;

// zod also writes the names of its own string checks (starts_with) as `format`, which strict validators refuse.
const STANDARD_FORMATS: ReadonlySet<string> = new Set(['uuid', 'date-time', 'date', 'time', 'email', 'uri', 'regex']);

/** Every file of the published contract by its name, with its text. */
export function contractJsonSchemas(): Map<string, string> {
  const files = new Map<string, string>();
  for (const [name, { title, schema }] of Object.entries(SHAPES)) {
    const input = printShape(schema, title, 'input');
    const output = printShape(schema, title, 'output');
    if (input === output) {
      files.set(`${name}.json`, input);
    } else {
      files.set(`${name}.input.json`, input);
      files.set(`${name}.output.json`, output);
    }
  }
  return files;
}

/** Names the files under `folder` that are missing, differ, or belong to no shape any more. */
export async function staleJsonSchemas(folder: string): Promise<string[]> {
  const expected = contractJsonSchemas();
  const present = await schemaFilesIn(folder);
  const stale = present.filter((name) => !expected.has(name));
  for (const [name, text] of expected) {
    if (!present.includes(name) || (await readFile(join(folder, name), 'utf8')) !== text) stale.push(name);
  }
  return stale.sort();
}

/** Writes all files and removes those of shapes that are gone. @returns the names of the files that changed */
export async function writeJsonSchemas(folder: string): Promise<string[]> {
  const expected = contractJsonSchemas();
  const changed = await staleJsonSchemas(folder);
  await mkdir(folder, { recursive: true });
  for (const name of changed) {
    const text = expected.get(name);
    if (text === undefined) await rm(join(folder, name));
    else await writeFile(join(folder, name), text);
  }
  return changed;
}

function printShape(schema: z.ZodType, title: string, io: 'input' | 'output'): string {
  const { $schema, ...rest } = z.toJSONSchema(schema, {
    target: 'draft-2020-12',
    io,
    override: ({ jsonSchema }) => {
      if (jsonSchema.format !== undefined && !STANDARD_FORMATS.has(jsonSchema.format)) delete jsonSchema.format;
    },
  });
  return `${JSON.stringify({ $schema, title, ...rest }, null, 2)}\n`;
}

async function schemaFilesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).filter((name) => name.endsWith('.json'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []; // not written yet: everything is missing
    throw error;
  }
}

async function main(args: string[]): Promise<number> {
  const folder =
    args.find((arg) => !arg.startsWith('--')) ?? fileURLToPath(new URL('../contract/json-schema/', import.meta.url));
  if (args.includes('--check')) {
    const stale = await staleJsonSchemas(folder);
    for (const name of stale) console.error(`${join(folder, name)} is not up to date`);
    if (stale.length > 0) console.error('Run: npx tsx scripts/print-json-schemas.ts');
    else console.log(`${folder} is up to date`);
    return stale.length > 0 ? 1 : 0;
  }
  const changed = await writeJsonSchemas(folder);
  console.log(changed.length > 0 ? `Wrote ${changed.join(', ')}` : `${folder} was up to date`);
  return 0;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = await main(process.argv.slice(2));
