import { chmodSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { RunnerAdvert } from './control-plane/control-plane.ts';
import { PolicyFile } from './execution/policies.ts';
import type { KnownRun } from './testing/fake-control-plane.ts';
import { buildProgram, until } from './testing/programs.ts';
import { makeRepository } from './testing/repositories.ts';
import { TestBed } from './testing/test-bed.ts';

let keeperFile: string;
let bed: TestBed;
let file: string;
let adverts: RunnerAdvert[];

beforeAll(() => {
  keeperFile = buildProgram('execution/keeper-main');
});
beforeEach(async () => {
  bed = new TestBed(keeperFile);
  file = join(bed.runnerFolder, 'policy.json');
  adverts = [];
  const { register } = bed.controlPlane;
  bed.controlPlane.register = (advert: RunnerAdvert) => {
    adverts.push(advert);
    return register(advert);
  };
  write({});
  await bed.start((logger) => new PolicyFile(file, logger));
});
afterEach(() => bed.close());
afterAll(() => rmSync(keeperFile, { force: true }));

function write(changes: Record<string, unknown>): void {
  writeFileSync(file, JSON.stringify({ ...bed.policy, ...changes }), { mode: 0o600 });
}
const hello = (): KnownRun => bed.offer({ commands: [bed.node('write-files', '{"a.txt":"a\\n"}')] });

test('a command that was refused is allowed as soon as the policy says so, and the refusal says how', async () => {
  write({ executables: { sh: {} } });
  const refused = await bed.controlPlane.ended(hello());
  expect(refused).toMatchObject({ status: 'failed', reason: 'command_refused' });
  expect(refused.message).toBe(
    `The policy of runner test-runner does not allow the agent's command \`node\` (allowed: sh). To allow it, add "node": {} to "executables" in ${file}; it is read anew at once`,
  );
  write({});
  expect(await bed.controlPlane.ended(hello())).toMatchObject({ status: 'completed' });
});

test('a repository that was outside is inside as soon as its folder is added, as the refusal says', async () => {
  const elsewhere = makeRepository(join(bed.folder, 'elsewhere')).root;
  const offer = (): KnownRun =>
    bed.offer({ repoRoot: elsewhere, commands: [bed.node('write-files', '{"a.txt":"a\\n"}')] });
  const refused = await bed.controlPlane.ended(offer());
  expect(refused.message).toBe(
    `${elsewhere} is outside the folders that the policy of runner test-runner allows. To allow it, add "${elsewhere}" to "roots" in ${file}; it is read anew at once`,
  );
  write({ roots: [...bed.policy.roots, elsewhere] });
  expect(await bed.controlPlane.ended(offer())).toMatchObject({ status: 'completed' });
});

test('a variable is handed out as soon as the policy says so, as the refusal says', async () => {
  const offer = (): KnownRun => bed.offer({ env: ['HOME'], commands: [bed.node('write-files', '{"a.txt":"a\\n"}')] });
  expect((await bed.controlPlane.ended(offer())).message).toContain(`add "HOME" to "envNames" in ${file}`);
  write({ envNames: ['HOME'] });
  expect(await bed.controlPlane.ended(offer())).toMatchObject({ status: 'completed' });
});

test('labels and capacity are told again, and new room is used at once; a file that is replaced as a whole counts too', async () => {
  write({ capacity: 1 });
  await until(() => adverts.at(-1)?.capacity === 1, 'the capacity to be told');
  const runs = [1, 2].map(() => bed.offer({ commands: [bed.node('hang')] }));
  await until(() => runs.some((run) => run.lines.includes('1:hanging')), 'one run');
  writeFileSync(`${file}.new`, JSON.stringify({ ...bed.policy, capacity: 2, labels: ['gpu'] }), { mode: 0o600 });
  renameSync(`${file}.new`, file);
  await until(() => runs.every((run) => run.lines.includes('1:hanging')), 'both runs');
  expect(adverts.at(-1)).toMatchObject({ capacity: 2, labels: ['gpu'] });
});

test.each([
  ['is no JSON', () => writeFileSync(file, '{"roots": ['), 'policy.json does not fit: '],
  [
    'has a key nobody knows',
    () => write({ rootz: [] }),
    'policy.json does not fit: the top: There is no key "rootz"; take it out or correct it',
  ],
  ['has a relative root', () => write({ roots: ['code'] }), 'policy.json does not fit: roots.0: '],
  ['can be written by others', () => chmodSync(file, 0o666), 'Run: chmod 600 '],
  ['is gone', () => rmSync(file), 'is missing'],
] as const)(
  'a policy that %s keeps runs from beginning, says why, and changes nothing for those that go on',
  async (_name, spoil, words) => {
    const going = bed.offer({ commands: [bed.node('print-lines', '350', '10')] });
    await until(() => going.lines.length > 3, 'lines');
    spoil();
    const refused = await bed.controlPlane.ended(hello());
    expect(refused).toMatchObject({ status: 'failed', reason: 'command_refused' });
    expect(refused.message).toContain('Runner test-runner begins no run: ');
    expect(refused.message).toContain(words);
    expect(refused.message).toContain(file);
    expect(
      bed.messages('error').filter((message) => message.startsWith('the policy has changed and does not fit')),
    ).toHaveLength(1);
    write({});
    chmodSync(file, 0o600);
    expect(await bed.controlPlane.ended(hello())).toMatchObject({ status: 'completed' });
    expect(await bed.controlPlane.ended(going)).toMatchObject({ status: 'completed' });
  },
);

test('a file that is being edited for a moment costs no run', async () => {
  writeFileSync(file, '');
  const run = hello();
  await until(() => bed.messages('error').length > 0, 'the file to be noticed');
  write({});
  expect(await bed.controlPlane.ended(run)).toMatchObject({ status: 'completed' });
});

describe('a change of the policy before the runner hears commands', () => {
  let early: TestBed;
  let change: () => Promise<void>;
  beforeEach(() => {
    early = new TestBed(keeperFile);
    const policyFile = join(early.runnerFolder, 'policy.json');
    const give = (capacity: number): void =>
      writeFileSync(policyFile, JSON.stringify({ ...early.policy, capacity }), { mode: 0o600 });
    give(1);
    change = async () => {
      give(2);
      await until(
        () => early.messages('info').includes('the policy has changed; it is in force'),
        'the change to be noticed',
      );
    };
  });
  afterEach(() => early.close());
  const start = (): Promise<void> =>
    early.start((logger) => new PolicyFile(join(early.runnerFolder, 'policy.json'), logger));

  test('is told when it comes while the runner registers, and after what it registered with', async () => {
    const { register } = early.controlPlane;
    early.controlPlane.register = async (advert) => {
      if (advert.capacity === 1) await change();
      return register(advert);
    };
    await start();
    await until(() => early.controlPlane.advert?.capacity === 2, 'the new capacity to be told');
  });

  test('is told when it comes once the runner is registered', async () => {
    const commands = early.controlPlane.commands.bind(early.controlPlane);
    early.controlPlane.commands = async function* (signal) {
      await change();
      yield* commands(signal);
    };
    await start();
    await until(() => early.controlPlane.advert?.capacity === 2, 'the new capacity to be told');
  });
});
