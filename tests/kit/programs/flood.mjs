// flood.mjs: prints without end, as fast as it can.
import { writeSync } from 'node:fs';

const block = `${'flood '.repeat(20)}\n`.repeat(100);
for (;;) writeSync(1, block);
