// leave-daemon.mjs: starts a process in a session of its own that keeps stdout open, prints its pid, and ends.
import { spawn } from 'node:child_process';

const daemon = spawn(
  process.execPath,
  ['-e', 'process.on("SIGTERM", () => undefined); setInterval(() => undefined, 1000)'],
  { detached: true, stdio: 'inherit' },
);
daemon.unref();
console.log(`daemon ${daemon.pid}`);
