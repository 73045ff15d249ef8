import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { BUBBLEWRAP, buildProgram, temporaryFolder } from '../testing/programs.ts';

let folder: string;
beforeAll(() => void (folder = realpathSync(temporaryFolder())));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Others may put another folder in place of /etc, for themselves alone, only as root, and not in every container. */
const canReplaceEtc = process.getuid?.() === 0 && spawnSync('unshare', ['--mount', 'true']).status === 0;

const GONE = 'removed-meanwhile';

/** What a sandbox made by root shows of an /etc with these files: their mode, and that of folders that are not for all. */
function readAsRoot(files: Record<string, number>, folders: Record<string, number>, isByLink = false): string[] {
  const etc = join(folder, 'etc');
  for (const [path, mode] of Object.entries(files)) {
    mkdirSync(dirname(join(etc, path)), { recursive: true });
    writeFileSync(join(etc, path), `${path}\n`);
    chmodSync(join(etc, path), mode);
  }
  for (const [path, mode] of Object.entries(folders)) chmodSync(join(etc, path), mode);
  const mounts = pathToFileURL(buildProgram('execution/sandbox-mounts')).href;
  const alias = join(folder, 'alias');
  if (!existsSync(alias)) symlinkSync('/etc', alias);
  const order = {
    writable: [],
    readable: isByLink ? [alias] : [],
    hidden: [],
    cwd: '/',
    home: null,
    homePaths: [],
    writtenByAgents: [],
    network: true,
  };
  const script = `cd ${isByLink ? alias : '/etc'}; cat ${Object.keys(files).join(' ')} 2>/dev/null; for folder in ${Object.keys(folders).join(' ')}; do touch $folder/x 2>/dev/null && echo written; done`;
  const start = `import { spawnSync } from 'node:child_process'; import { sandboxArgs } from '${mounts}'; import { rmSync } from 'node:fs';
    sandboxArgs(${JSON.stringify(order)});
    rmSync('/etc/${GONE}');
    const { stdout, stderr } = spawnSync('${BUBBLEWRAP}', [...sandboxArgs(${JSON.stringify(order)}), '--', '/bin/sh', '-c', ${JSON.stringify(script)}], { encoding: 'utf8' });
    process.stdout.write(stdout + stderr);`;
  const { stdout, stderr } = spawnSync(
    'unshare',
    [
      '--mount',
      'sh',
      '-c',
      'mount --bind "$1" /etc && exec "$2" --input-type=module -e "$3"',
      'sh',
      etc,
      process.execPath,
      start,
    ],
    { encoding: 'utf8', env: { PATH: process.env['PATH'] } },
  );
  return (stdout + stderr).trim().split('\n');
}

test.runIf(canReplaceEtc)(
  'what root may read of /etc by being root alone is not there: a private file, and a private folder with all in it',
  () => {
    const said = readAsRoot(
      {
        passwd: 0o644,
        [GONE]: 0o600,
        shadow: 0o640,
        'ssl/certs.list': 0o644,
        'ssl/private/key.pem': 0o644,
        'ssh/ssh_host_rsa_key': 0o600,
        'ssh/ssh_host_rsa_key.pub': 0o644,
        'letsencrypt/archive/host/privkey1.pem': 0o644,
        'letsencrypt/renewal/host.conf': 0o644,
        'wireguard/wg0.conf': 0o644,
        'listed/by-name/key': 0o644,
        'opened/by-name/key': 0o644,
        'NetworkManager/system-connections/home.nmconnection': 0o600,
        'pki/tls/private/localhost.key': 0o600,
        'pki/tls/certs/localhost.crt': 0o644,
        'kubernetes/pki/etcd/ca.key': 0o600,
        'far/a/b/c/d/e/f/key': 0o600,
      },
      { 'ssl/private': 0o710, 'letsencrypt/archive': 0o700, wireguard: 0o750, listed: 0o744, opened: 0o711 },
    );
    expect(said).toEqual([
      'passwd',
      'ssl/certs.list',
      'ssh/ssh_host_rsa_key.pub',
      'letsencrypt/renewal/host.conf',
      'pki/tls/certs/localhost.crt',
    ]);
  },
);

test.runIf(canReplaceEtc)('nor is it by another name that the policy shows for all of /etc', () => {
  const said = readAsRoot(
    { passwd: 0o644, [GONE]: 0o600, shadow: 0o640, 'ssl/private/key.pem': 0o644 },
    { 'ssl/private': 0o710 },
    true,
  );
  expect(said).toEqual(['passwd']);
});
