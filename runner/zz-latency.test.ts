import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'vitest';
import { RunnerPolicy } from './execution/policy.ts';
import { Runner } from './runner.ts';
import { FakeControlPlane } from './testing/fake-control-plane.ts';
import { buildProgram, temporaryFolder } from './testing/programs.ts';
import { makeRepository } from './testing/repositories.ts';
import { makeRunSpec } from './testing/run-specs.ts';
import { silentLogger } from './testing/silent-logger.ts';
test('latency', async () => {
  const keeperFile = buildProgram('execution/keeper-main');
  const folder = realpathSync(temporaryFolder());
  const repository = makeRepository(join(folder, 'repos', 'repo'), Object.fromEntries(Array.from({ length: 50 }, (_, n) => [`src/${n}.js`, 'x\n'.repeat(100)])));
  const controlPlane = new FakeControlPlane();
  let claimed = 0;
  const claim = controlPlane.claim;
  controlPlane.claim = async () => { const s = await claim(); if (s) claimed = Date.now(); return s; };
  await new Promise<void>((resolve) => { void new Runner({ folder: join(folder, 'runner'), policy: RunnerPolicy.parse({ roots: [join(folder, 'repos')], executables: { sh: {} } }), controlPlane, keeperArgs: [keeperFile], gitFile: '/usr/bin/git', version: '0', ownSecrets: [], logger: silentLogger, env: { PATH: '/usr/bin:/bin' }, onReady: () => resolve() }).run(); });
  const times: number[] = []; const ends: number[] = [];
  for (let n = 0; n < 15; n += 1) {
    await new Promise((r) => setTimeout(r, 700));
    const run = controlPlane.offer(makeRunSpec({ repoRoot: repository.root, commands: [['sh', '-c', 'date +%s%N']] }));
    await controlPlane.ended(run);
    ends.push(Date.now() - claimed);
    times.push(Number(run.lines.find((l) => l.startsWith('1:'))?.slice(2, 15)) - claimed);
  }
  console.log('claim->started', times.sort((a, b) => a - b), 'claim->completed', ends.sort((a, b) => a - b));
}, 60000);
