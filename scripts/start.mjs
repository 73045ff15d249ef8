#!/usr/bin/env node
/**
 * `npm start`: sets up what is missing, starts the whole system, and stops it on Ctrl-C. `.env.example` lists its variables.
 */
import { complaintAboutNode } from './bootstrap/node-version.mjs';

const complaint = complaintAboutNode(process.versions.node);
if (complaint) {
  console.error(complaint);
  process.exit(1);
}
// Only now: an older Node.js could not even read these files.
const { startEverything } = await import('./bootstrap/start-everything.mjs');
await startEverything();
