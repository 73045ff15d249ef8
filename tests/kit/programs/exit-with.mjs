// exit-with.mjs CODE|SIGNAL
const how = process.argv[2] ?? '0';
if (how.startsWith('SIG')) process.kill(process.pid, how);
else process.exit(Number(how));
