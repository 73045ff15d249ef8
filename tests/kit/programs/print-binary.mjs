// print-binary.mjs: every byte value many times, a very long line, and a last line without an end.
import { writeSync } from 'node:fs';

writeSync(1, Buffer.from(Array.from({ length: 65_536 }, (_, n) => (n * 7_919) % 256)));
writeSync(1, `\n${'x'.repeat(200_000)}\n`);
writeSync(1, 'no newline at the end');
