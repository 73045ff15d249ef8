import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ALL_DECODERS, StandIns, ffmpegScript } from './testing/stand-ins.ts';

const { placeFfmpeg } = (await import(new URL('./ffmpeg.mjs', import.meta.url).href)) as {
  placeFfmpeg(program: string): Promise<void>;
};

const PLAN = [
  'Inst libc6 [2.36-9] (2.36-10 Debian:12.15/oldstable [amd64])',
  'Inst libopus0 (1.3.1-3 Debian:12.15/oldstable [amd64])',
  'Inst libllvm15 (1:15.0.6-4+b1 Debian:12.15/oldstable [amd64])',
  'Inst fonts-dejavu-core (2.37-6 Debian:12.15/oldstable [all])',
  'Inst libasound2-data (1.2.8-1 Debian:12.15/oldstable [all])',
  'Inst ffmpeg (7:5.1.9-0+deb12u1 Debian:12.15/oldstable [amd64])',
  'Conf libopus0 (1.3.1-3 Debian:12.15/oldstable [amd64])',
].join('\n');

let root: string;
let standIns: StandIns;
let program: string;
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'ffmpeg-'));
  mkdirSync(path.join(root, 'programs'));
  standIns = new StandIns(path.join(root, 'programs'));
  program = path.join(root, "it's here", 'ffmpeg');
  mkdirSync(path.dirname(program));
  vi.stubEnv('PATH', `${standIns.folder}:${process.env['PATH']}`);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(root, { recursive: true });
});

/** APT that has what `unpacked` (a script) unpacks, as the root of its own. */
function packages(unpacked: string): void {
  standIns.program(
    'apt-get',
    `echo "apt-get $*" >> "$CALLS"
     case "$1" in
       install) cat <<'END'\n${PLAN}\nEND
         ;;
       download) touch fetched.deb ;;
     esac`,
  );
  standIns.program(
    'dpkg-deb',
    `mkdir -p "$3/usr/bin" "$3/usr/lib/blas" && cd "$3" && touch usr/lib/blas/libblas.so.3\n${unpacked}`,
  );
}

function unpacks(script: string): string {
  return `cat > usr/bin/ffmpeg <<'END'\n#!/bin/sh\n${script}\nEND\nchmod 755 usr/bin/ffmpeg`;
}

function run(): string {
  return spawnSync(program, ['-decoders'], { encoding: 'utf8', env: {} }).stdout;
}

test("the machine's is used when it decodes what people record", async () => {
  standIns.ffmpeg('ffmpeg', [...ALL_DECODERS, 'of-the-machine']);
  packages('exit 1');
  await placeFfmpeg(program);
  expect(run()).toContain('of-the-machine');
  expect(standIns.calls()).toEqual([]);
});

test('else it comes from the packages, with the libraries that the machine lacks and without drivers and data', async () => {
  standIns.ffmpeg('ffmpeg', ['mp3']);
  packages(
    unpacks(
      `${ffmpegScript(['matroska,webm', 'ogg', 'mov', 'mp3', 'wav', 'aresample', ...ALL_DECODERS])}\necho "$LD_LIBRARY_PATH"`,
    ),
  );
  await placeFfmpeg(program);
  expect(standIns.calls()).toEqual([
    'apt-get install --simulate --no-install-recommends ffmpeg',
    'apt-get download ffmpeg libopus0',
  ]);
  expect(run()).toContain(path.join(`${program}-packages`, 'usr/lib/blas'));

  // Another time it is there already.
  const calls = standIns.calls();
  await placeFfmpeg(program);
  expect(standIns.calls()).toEqual(calls);
});

test('one that does not run is not left where it would be used, and the reason says what to do', async () => {
  standIns.ffmpeg('ffmpeg', ['mp3']);
  packages(unpacks('exit 127'));
  await expect(placeFfmpeg(program)).rejects.toThrow(
    /^ffmpeg of this machine is no use \(it has no opus, vorbis, aac, pcm_s16le among its decoders\) and could not be fetched \(the unpacked program did not run\): install ffmpeg/,
  );
  expect(existsSync(program)).toBe(false);
});
