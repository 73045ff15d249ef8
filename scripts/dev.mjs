#!/usr/bin/env node
/**
 * `npm run dev`: the whole system from the sources, in one terminal. A change of a server's program restarts that one,
 * a change of a page shows at once. Data of its own (data/dev), unless OVERMIND_DATA_DIR is set; otherwise as `npm start`.
 */
import { complaintAboutNode } from './bootstrap/node-version.mjs';

const complaint = complaintAboutNode(process.versions.node);
if (complaint) {
  console.error(complaint);
  process.exit(1);
}
const { develop } = await import('./bootstrap/develop.mjs');
await develop();
