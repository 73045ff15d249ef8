#!/usr/bin/env node
/**
 * `npm run voice:setup`: fetches what turns speech into text on this machine, as `npm start` does by itself in the
 * background. A system that runs already uses it from then on.
 */
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { runEntryPoint } from './bootstrap/entry-point.mjs';
import { makeDirectories } from './bootstrap/files.mjs';
import { createProgress } from './bootstrap/progress.mjs';
import { readSystemEnvironment } from './bootstrap/system-environment.mjs';
import { setUpVoice, voicePlaces } from './bootstrap/voice.mjs';

const rootDir = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

await runEntryPoint(async ({ stopping }) => {
  const { dataDir, variables } = readSystemEnvironment(process.env, rootDir);
  const progress = createProgress(process.stdout, stopping);
  makeDirectories(dataDir);
  const places = voicePlaces(dataDir, variables);
  await progress.step('Voice', (say) => setUpVoice(places, { rootDir, say }));
  progress.note(`  ffmpeg: ${places.ffmpeg}\n  speech model: ${places.models}`);
  return 0;
});
