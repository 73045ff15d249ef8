import { execFileSync, spawn } from 'node:child_process';

/** Nothing more can be opened by this process for a while. */
export function useUpDescriptors(ms: number): void {
  const before = execFileSync('prlimit', [`--pid=${process.pid}`, '--nofile', '--noheadings', '--output=SOFT'], {
    encoding: 'utf8',
  }).trim();
  const giveBack = `sleep ${ms / 1_000}; prlimit --pid=${process.pid} --nofile=${before}:`;
  spawn('/bin/sh', ['-c', giveBack], { stdio: 'ignore' }).unref();
  execFileSync('prlimit', [`--pid=${process.pid}`, '--nofile=3:'], { stdio: 'ignore' });
}
