import { appendFileSync, existsSync, readFileSync, realpathSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { LandingScene } from '../testing/landings.ts';
import { temporaryFolder } from '../testing/programs.ts';
import { Git } from './git.ts';

let folder: string;
let scene: LandingScene;
const at = (path: string): string => join(scene.repository.root, path);
const git = (...args: string[]): string => scene.repository.git(...args);
beforeEach(() => {
  folder = realpathSync(temporaryFolder());
  scene = new LandingScene(folder, { 'a.txt': 'a\n' });
  // What is in Git is turned round; what is in the files can be read.
  for (const side of ['clean', 'smudge']) git('config', `filter.crypt.${side}`, 'rev');
  scene.repository.commit({ '.gitattributes': '*.secret filter=crypt\n', 'key.secret': 'abc\n' });
  expect([git('show', 'main:key.secret'), readFileSync(at('key.secret'), 'utf8')]).toEqual(['cba', 'abc\n']);
});
afterEach(() => rmSync(folder, { recursive: true }));

test("what the user's own Git calls clean is clean, although its filter is not run", async () => {
  scene.review({ 'b.txt': 'b\n' });
  await scene.land();
  expect(git('status', '--porcelain')).toBe('');
  expect(readFileSync(at('key.secret'), 'utf8')).toBe('abc\n');
});

test('a racy index is no change: size and time are those that Git remembers', async () => {
  scene.review({ 'b.txt': 'b\n' });
  // The index as old as the file: Git would have to look into the file to be sure.
  const time = new Date(Date.now() - 5_000);
  utimesSync(at('key.secret'), time, time);
  git('status');
  utimesSync(at('.git/index'), time, time);
  await scene.land();
  expect(scene.isMerged).toBe(true);
});

test('a touched file with an untrusted filter can not be told from a changed one: what to do is said, and helps', async () => {
  scene.review({ 'b.txt': 'b\n' });
  const time = new Date(2001, 1, 1);
  utimesSync(at('key.secret'), time, time);
  const refused = await scene.refused();
  expect(refused).toMatchObject({ reason: 'repo_dirty', paths: ['key.secret'] });
  expect(refused.message).toMatch(
    /whether key\.secret changed there can not be told: it goes through the filter "crypt".*Run `git status`.*policy\.json/,
  );
  git('status');
  await scene.land();
  expect(scene.isMerged).toBe(true);
});

test('a changed file with an untrusted filter is not taken for clean', async () => {
  scene.review({ 'b.txt': 'b\n' });
  writeFileSync(at('key.secret'), 'changed\n');
  expect((await scene.refused()).paths).toEqual(['key.secret']);
});

test('a merge that would write a file without its filter is refused by name; with a trusted filter it is right', async () => {
  scene.review({ 'other.secret': 'xyz\n' });
  const refused = await scene.refused();
  expect(refused).toMatchObject({ reason: 'repo_dirty', paths: ['other.secret'] });
  expect(refused.message).toContain('goes through the filter "crypt", which the policy of runner here does not trust');

  const trusting = new Git('/usr/bin/git', '/usr/bin:/bin');
  const neutralize = trusting.neutralize.bind(trusting);
  trusting.neutralize = async (call) => {
    const safe = await neutralize(call);
    return Object.assign(safe, {
      config: [
        ...(safe as unknown as { config: [string, string][] }).config,
        ['filter.crypt.clean', 'rev'],
        ['filter.crypt.smudge', 'rev'],
      ],
    });
  };
  await scene.land({ allowed: { filters: new Set(['crypt']) } }, trusting);
  expect(readFileSync(at('other.secret'), 'utf8')).toBe('xyz\n');
  expect(git('status', '--porcelain')).toBe('');
});

test("a filter's name may be any text", async () => {
  for (const side of ['clean', 'smudge']) git('config', `filter.größe.${side}`, 'rev');
  scene.review({ '.gitattributes': '*.secret filter=crypt\n*.große filter=größe\n', 'neu.große': 'xyz\n' });
  expect(await scene.refused()).toMatchObject({
    reason: 'repo_dirty',
    paths: ['neu.große'],
    message: expect.stringContaining('goes through the filter "größe"') as string,
  });
  await scene.land({ allowed: { filters: new Set(['größe']) } });
  expect(scene.isMerged).toBe(true);
});

test.each(['filter.\xe9.clean', 'filter.\xe9.process', 'merge.\xff.driver', 'diff.a\xe9.textconv'])(
  'a program under a name that is no UTF-8 can not be switched off, and is never run: %s',
  async (key) => {
    scene.review({ 'b.txt': 'b\n' });
    const [section = '', name = '', setting = ''] = key.split('.');
    appendFileSync(
      at('.git/config'),
      Buffer.from(`[${section} "${name}"]\n\t${setting} = touch ${folder}/evil-was-here; cat\n`, 'latin1'),
    );
    appendFileSync(at('.git/info/attributes'), Buffer.from(`* ${section}=${name}\n`, 'latin1'));
    utimesSync(at('a.txt'), new Date(2001, 1, 1), new Date(2001, 1, 1));
    const refused = await scene.refused();
    expect(existsSync(join(folder, 'evil-was-here'))).toBe(false);
    expect(refused).toMatchObject({
      reason: 'worktree_failed',
      message: expect.stringContaining(
        `${key.replace(/[\x80-\xff]/g, (byte) => `\\x${byte.charCodeAt(0).toString(16)}`)}, which can not be switched off`,
      ) as string,
    });
  },
);

test("where no such checkout follows, filters are nobody's business", async () => {
  scene.review({ 'other.secret': 'xyz\n' });
  git('checkout', '--quiet', '-b', 'elsewhere');
  await scene.land();
  expect(git('show', 'main:other.secret')).toBe('zyx');
});

test('a filter that the attributes name and nobody has set up is none', async () => {
  git('config', '--remove-section', 'filter.crypt');
  scene = new LandingScene(folder, { '.gitattributes': '*.bin filter=lfs\n' }, 'other');
  scene.review({ 'a.bin': 'pointer\n' });
  await scene.land();
  expect(existsSync(at('a.bin'))).toBe(true);
  expect(git('status', '--porcelain')).toBe('');
});

test('the merge settings of the base are honoured, in every folder, and no driver is run', async () => {
  scene = new LandingScene(
    folder,
    {
      '.gitattributes': 'CHANGES merge=union\nlocked merge=evil\n',
      'sub/.gitattributes': '*.log merge=union\n',
      CHANGES: 'start\n',
      'sub/a.log': 'start\n',
      locked: 'start\n',
    },
    'union',
  );
  git('config', 'merge.evil.driver', `touch ${folder}/evil-was-here; true`);
  scene.review({ CHANGES: 'start\ntheirs\n', 'sub/a.log': 'start\ntheirs\n' });
  scene.repository.commit({ CHANGES: 'start\nours\n', 'sub/a.log': 'start\nours\n' });
  await scene.land();
  expect(readFileSync(at('CHANGES'), 'utf8')).toBe('start\nours\ntheirs\n');
  expect(readFileSync(at('sub/a.log'), 'utf8')).toBe('start\nours\ntheirs\n');
  scene.review({ locked: 'theirs\n' }, 'overmind/task/2');
  scene.repository.commit({ locked: 'ours\n' });
  expect(await scene.refused({ branch: 'overmind/task/2' })).toMatchObject({
    reason: 'merge_conflict',
    paths: ['locked'],
  });
  expect(existsSync(join(folder, 'evil-was-here'))).toBe(false);
});
