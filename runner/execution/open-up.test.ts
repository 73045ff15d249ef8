import { chmodSync, mkdirSync, realpathSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../testing/programs.ts';
import { openAbove } from './open-up.ts';

test('closed folders above a file are opened, and none behind a link', () => {
  const folder = realpathSync(temporaryFolder());
  for (const path of ['in/a/b', 'out/c']) mkdirSync(join(folder, path), { recursive: true });
  symlinkSync('../out', join(folder, 'in/link'));
  for (const path of ['in/a/b', 'in/a', 'out/c']) chmodSync(join(folder, path), 0o600);
  const mode = (path: string): number => statSync(join(folder, path)).mode & 0o700;
  expect([openAbove(join(folder, 'in'), 'a/b/file'), openAbove(join(folder, 'in'), 'link/c/file')]).toEqual([
    true,
    false,
  ]);
  expect([mode('in/a'), mode('in/a/b'), mode('out/c')]).toEqual([0o700, 0o700, 0o600]);
  rmSync(folder, { recursive: true });
});
