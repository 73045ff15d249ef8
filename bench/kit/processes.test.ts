import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { cpuSecondsOfTrees } from './processes.ts';

const BURN = 'i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done';

test('processor time of what has ended stays counted, also of what was below it, and once', async () => {
  // A shell that does nothing itself; each of its children ends, and has a child of its own that ended before it.
  const script = `for n in 1 2 3 4 5 6; do sh -c '${BURN}; sh -c "${BURN}"; :'; done; echo over; read -r word`;
  const shell = spawn('/bin/sh', ['-c', script], { stdio: ['pipe', 'pipe', 'inherit'] });
  try {
    const over = once(shell.stdout, 'data');
    let isOver = false;
    void over.then(() => (isOver = true));
    const seen: number[] = [];
    while (!isOver) {
      seen.push(cpuSecondsOfTrees([shell.pid ?? 0]));
      await new Promise((resolve) => setImmediate(resolve));
    }
    const total = cpuSecondsOfTrees([shell.pid ?? 0]);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(total).toBeGreaterThan(0);
    expect(total).toBeGreaterThanOrEqual(seen.at(-1) ?? 0);
  } finally {
    shell.kill('SIGKILL');
  }
});
