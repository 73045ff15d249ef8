// end-in-mid-line.mjs: is told to end in the middle of a line, and writes the other half a while later.
process.on('SIGTERM', () => setTimeout(() => process.stdout.write(' line\n', () => process.exit(0)), 300));
process.stdout.write('half a');
setInterval(() => undefined, 1_000);
