// leave-stranger.mjs TAG WHERE: starts a process in a session of its own with an empty environment and no output of ours,
// which ignores SIGTERM, then ends. WHERE: `here` in this folder, `away` in the root folder. TAG is in its command line.
import { spawn } from 'node:child_process';

const [, , tag = '', where] = process.argv;
const script = 'process.on("SIGTERM", () => undefined); setInterval(() => undefined, 1000)';
const stranger = spawn(process.execPath, ['-e', script, tag], {
  detached: true,
  env: {},
  cwd: where === 'here' ? process.cwd() : '/',
  stdio: 'ignore',
});
stranger.unref();
stranger.once('spawn', () => console.log('left'));
