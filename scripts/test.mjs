#!/usr/bin/env node
/**
 * `npm test`: sets up what is missing, then checks and tests everything against real, throw-away services.
 *
 *     node scripts/test.mjs [--only unit|integration|e2e|chaos] [-- arguments of vitest]
 *
 * The last line is always `N passed, N failed`; each check counts as one test.
 */
import { complaintAboutNode } from './bootstrap/node-version.mjs';

const complaint = complaintAboutNode(process.versions.node);
if (complaint) {
  console.error(complaint);
  process.exit(1);
}
const { testEverything } = await import('./bootstrap/test-everything.mjs');
await testEverything();
