import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { hasDebianPackages, unpackDebianPackages } from './debian-packages.mjs';
import { writeFileAtomically } from './files.mjs';
import { findProgram, quotedForShell } from './programs.mjs';
import { runToEnd } from './processes.mjs';
import { StartFailure } from './start-failure.mjs';

/** What browsers record and people upload: webm and ogg with Opus or Vorbis, mp4 with AAC, mp3, wav. */
const NEEDED = [
  ['-demuxers', ['matroska', 'ogg', 'mov', 'mp3', 'wav']],
  ['-decoders', ['opus', 'vorbis', 'aac', 'mp3', 'pcm_s16le']],
  ['-filters', ['aresample']],
];
const HINT = "install ffmpeg with the system's package manager, or set OVERMIND_FFMPEG to one";
/** Of a graphical desktop: loaded by name when something is drawn, half of what would be fetched, and no use to sound. */
const DRIVERS = /^(?:libllvm|libz3-|libgl1-mesa-dri)|-(?:data|common)$/;
const LIBRARY = /^(?:lib|ocl-icd)/;
// Those of the C library belong to the machine's loader, which takes no others.
const LOADERS = /^libc(?:6|-bin)/;

/**
 * Sees to it that a path runs an ffmpeg that decodes what people record: the machine's; one unpacked earlier; the one of the
 * system's packages, unpacked beside it but not installed.
 * @param {string} program the path; whoever runs it may be told of it before it is there
 * @throws {StartFailure} saying what to install
 */
export async function placeFfmpeg(program) {
  const packagesDir = `${program}-packages`;
  const installed = findProgram('ffmpeg');
  const lack = installed && (await lackOf(installed));
  if (installed && lack === undefined) return placeWrapper(program, `exec ${quotedForShell(installed)} "$@"\n`);

  if (await placeUnpacked(program, packagesDir)) return;
  const why = hasDebianPackages()
    ? await unpackDebianPackages(['ffmpeg'], packagesDir, isNeeded)
    : 'this system has no apt-get';
  if (why === undefined && (await placeUnpacked(program, packagesDir))) return;
  throw new StartFailure(
    `ffmpeg ${lack ? `of this machine is no use (${lack})` : 'was not found'} and could not be fetched (${why ?? 'the unpacked program did not run'}): ${HINT}.`,
  );
}

/**
 * @param {string} file
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {Promise<string | undefined>} why it does not do; undefined: it does
 */
export async function lackOf(file, env = {}) {
  for (const [question, names] of /** @type {[string, string[]][]} */ (NEEDED)) {
    const listed = await runToEnd(file, ['-hide_banner', question], { env }).catch(() => undefined);
    if (listed?.code !== 0) return 'it does not run';
    // " D  matroska,webm   Matroska / WebM": flags, names, and what they mean.
    const known = listed.stdout.split('\n').flatMap((line) => line.trim().split(/\s+/)[1]?.split(',') ?? []);
    const missing = names.filter((name) => !known.includes(name));
    if (missing.length > 0) return `it has no ${missing.join(', ')} among its ${question.slice(1)}`;
  }
  return undefined;
}

/**
 * Whether a package has libraries that ffmpeg needs to decode sound.
 * @param {string} name
 */
function isNeeded(name) {
  return LIBRARY.test(name) && !DRIVERS.test(name) && !LOADERS.test(name);
}

/**
 * @param {string} program
 * @param {string} packagesDir
 * @returns {Promise<boolean>} whether it is there, and runs
 */
async function placeUnpacked(program, packagesDir) {
  const unpacked = path.join(packagesDir, 'usr', 'bin', 'ffmpeg');
  if (!existsSync(unpacked)) return false;
  const folders = ['usr/lib', 'lib'].flatMap((name) => libraryFolders(path.join(packagesDir, name)));
  const libraryPath = folders.join(':');
  if ((await lackOf(unpacked, { LD_LIBRARY_PATH: libraryPath })) !== undefined) return false;
  placeWrapper(program, `LD_LIBRARY_PATH=${quotedForShell(libraryPath)} exec ${quotedForShell(unpacked)} "$@"\n`);
  return true;
}

/**
 * Some libraries, such as those of BLAS, are in folders of their own that installing would link to.
 * @param {string} folder
 * @returns {string[]} itself and those below that hold libraries
 */
function libraryFolders(folder) {
  if (!existsSync(folder)) return [];
  const entries = readdirSync(folder, { withFileTypes: true });
  const below = entries.filter((entry) => entry.isDirectory()).map((entry) => path.join(folder, entry.name));
  const isOne = entries.some(({ name }) => /\.so(?:\.|$)/.test(name));
  return [...(isOne ? [folder] : []), ...below.flatMap(libraryFolders)];
}

/**
 * @param {string} program
 * @param {string} command
 */
function placeWrapper(program, command) {
  writeFileAtomically(program, `#!/bin/sh\n${command}`, 0o755);
}
