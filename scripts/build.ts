/**
 * Builds everything that runs in production into build/: one file a program with all packages inside, and the web pages.
 *
 *     tsx scripts/build.ts [--only api,workers,web] [--out DIRECTORY]
 *
 * The pages always go into build/.
 */
import { copyFile, mkdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { spawn } from 'node:child_process';
import { build } from 'esbuild';
import type { Plugin } from 'esbuild';

const rootDir = fileURLToPath(new URL('..', import.meta.url));
/** Entry point of each program, by the name of its bundle. */
const PROGRAMS = {
  api: 'api/main.ts',
  workers: 'workers/main.ts',
  speech: 'workers/speech/child-main.ts',
  runner: 'runner/main.ts',
  keeper: 'runner/execution/keeper-main.ts',
  'demo-agent': 'runner/demo-agent/main.ts',
  migrate: 'scripts/migrate.ts',
  setup: 'scripts/setup.ts',
  'explorer-files': 'api/explorer/explorer-files.ts',
} as const satisfies Record<string, string>;

// CommonJS packages inside an ES module still ask for these.
const COMMONJS_NAMES = [
  `import { createRequire as __createRequire } from 'node:module';`,
  `import { fileURLToPath as __fileURLToPath } from 'node:url';`,
  `const require = __createRequire(import.meta.url);`,
  `const __filename = __fileURLToPath(import.meta.url);`,
  `const __dirname = __fileURLToPath(new URL('.', import.meta.url));`,
].join('\n');

// argon2 and sherpa-onnx-node are native addons; pg-native is an optional one that pg asks for and lives without.
const EXTERNAL_PACKAGES = ['argon2', 'pg-native', 'sherpa-onnx-node'];

/** What is loaded on demand is a bundle of its own: inside of the api's it would be read by each start. */
const filesOnDemand: Plugin = {
  name: 'files-on-demand',
  setup({ onResolve }) {
    onResolve({ filter: /\/explorer-files\.ts$/ }, ({ kind }) =>
      kind === 'dynamic-import' ? { path: './explorer-files.mjs', external: true } : undefined,
    );
  },
};

async function buildProgram(name: string, entryPoint: string, outDir: string): Promise<void> {
  await build({
    entryPoints: [path.join(rootDir, entryPoint)],
    outfile: path.join(outDir, `${name}.mjs`),
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    banner: { js: COMMONJS_NAMES },
    external: EXTERNAL_PACKAGES,
    plugins: [filesOnDemand],
    sourcemap: 'external',
    // One letter beyond Latin-1 in a comment makes V8 keep the whole source with two bytes a letter. Names stay, and lines
    // stay short enough to be found from a stack trace.
    minifyWhitespace: true,
    legalComments: 'none',
    lineLimit: 200,
    logLevel: 'warning',
    absWorkingDir: rootDir,
  });
  if (name === 'migrate') await copySchemaEngine(outDir);
}

/** The engine's bytes lie beside the bundle that reads them. */
async function copySchemaEngine(outDir: string): Promise<void> {
  const packageDir = path.dirname(createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm'));
  await copyFile(path.join(packageDir, 'schema_engine_bg.wasm'), path.join(outDir, 'schema_engine_bg.wasm'));
}

async function buildWeb(): Promise<void> {
  const remix = path.join(rootDir, 'node_modules', '@remix-run', 'dev', 'dist', 'cli.js');
  const child = spawn(process.execPath, [remix, 'vite:build', '--config', 'web/vite.config.ts'], {
    cwd: rootDir,
    env: { ...process.env, NODE_ENV: 'production' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.on('data', (bytes: Buffer) => (output += bytes.toString()));
  child.stderr.on('data', (bytes: Buffer) => (output += bytes.toString()));
  const code = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
  if (code !== 0) throw new Error(`The web pages could not be built:\n${output.trim()}`);
}

const { values } = parseArgs({ options: { only: { type: 'string' }, out: { type: 'string', default: 'build' } } });
const outDir = path.resolve(rootDir, values.out);
const known = [...Object.keys(PROGRAMS), 'web'];
const wanted = values.only?.split(',') ?? known;
const unknown = wanted.filter((name) => !known.includes(name));
if (unknown.length > 0) {
  console.error(`Nothing to build is called ${unknown.join(', ')}; there are ${known.join(', ')}.`);
  process.exit(1);
}

const startedAt = performance.now();
// Nothing is cleared first: a system that runs from here keeps its programs until each is replaced.
await mkdir(outDir, { recursive: true });
const results = await Promise.allSettled([
  ...(wanted.includes('web') ? [buildWeb()] : []),
  ...Object.entries(PROGRAMS)
    .filter(([name]) => wanted.includes(name))
    .map(([name, entryPoint]) => buildProgram(name, entryPoint, outDir)),
]);
const failures = results.filter((result) => result.status === 'rejected');
for (const { reason } of failures) console.error(reason instanceof Error ? reason.message : reason);
if (failures.length > 0) process.exitCode = 1;
else
  console.log(
    `Built ${wanted.join(', ')} into ${values.out}/ in ${((performance.now() - startedAt) / 1000).toFixed(1)} s`,
  );
