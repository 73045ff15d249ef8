import { createHash } from 'node:crypto';
import { createReadStream, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fetchFromPackage } from './npm-packages.mjs';
import { speechTokens } from './speech-tokens.mjs';
import { StartFailure } from './start-failure.mjs';

/**
 * @typedef {object} SpeechFile
 * @property {string} from its path in the package
 * @property {string} to its name in the folder of the models
 * @property {string} sha256 of what is kept, hexadecimal
 * @property {(source: string) => string} [convert] what is kept is made of the text of the file
 *
 * @typedef {object} SpeechPackage
 * @property {string} spec name@version
 * @property {number} bytes what is fetched, for the progress
 * @property {readonly SpeechFile[]} files
 */

/**
 * What turns speech into text: Moonshine "base" for English (MIT), its tokens, and Silero's detector of speech (MIT). Later
 * versions of the first package hold a model under another licence.
 * @type {readonly SpeechPackage[]}
 */
const SPEECH_PACKAGES = [
  {
    spec: 'llama-tokenizer-js@1.2.2',
    bytes: 388_950,
    files: [
      {
        from: 'llama-tokenizer.js',
        to: 'tokens.txt',
        sha256: 'c9c3699b5683d821681c0e61df25b765c7e7a5caaebba0b50437ca0488cb0cfa',
        convert: speechTokens,
      },
    ],
  },
  {
    spec: '@livekit/agents-plugin-silero@1.9.0',
    bytes: 3_926_547,
    files: [
      {
        from: 'dist/silero_vad.onnx',
        to: 'silero_vad.onnx',
        sha256: '1a153a22f4509e292a94e67d6f9b85e8deb25b4988682b7e174c65279d8788e3',
      },
    ],
  },
  {
    spec: '@usefulsensors/moonshine-js@0.1.12',
    bytes: 72_710_189,
    files: [
      {
        from: 'dist/model/base/quantized/encoder_model.onnx',
        to: 'encoder.onnx',
        sha256: '1dd9ab0a7f987113d30affcba5a068d11c8f90fa0223caa3e491ade431ad9751',
      },
      {
        from: 'dist/model/base/quantized/decoder_model_merged.onnx',
        to: 'decoder.onnx',
        sha256: 'cc9f3cd6698a369c6008b41aa60aa3fb3322e7f03c9bdf19d8e6b7200afca4f3',
      },
    ],
  },
];

/** The names of all files that a folder of models holds. */
export const SPEECH_FILES = SPEECH_PACKAGES.flatMap(({ files }) => files.map(({ to }) => to));

/**
 * Whether each file is there and is what it should be: a model that was cut short ends the program that loads it.
 * @param {string} directory
 * @param {readonly SpeechPackage[]} [packages]
 */
export async function hasSpeechModels(directory, packages = SPEECH_PACKAGES) {
  for (const { to, sha256 } of packages.flatMap(({ files }) => files)) {
    const file = path.join(directory, to);
    if (!statSync(file, { throwIfNoEntry: false })?.isFile() || (await hashOf(file)) !== sha256) return false;
  }
  return true;
}

/**
 * Fetches the models. The folder is there only once each file in it was found to be the one that is expected.
 * @param {string} directory
 * @param {{ rootDir: string, onPercent: (percent: number) => void, packages?: readonly SpeechPackage[] }} options
 * @throws {StartFailure} when something can not be fetched, or is another one than expected
 */
export async function fetchSpeechModels(directory, { rootDir, onPercent, packages = SPEECH_PACKAGES }) {
  const workDir = `${directory}.${process.pid}.tmp`;
  const madeDir = path.join(workDir, 'models');
  rmSync(workDir, { recursive: true, force: true });
  mkdirSync(madeDir, { recursive: true });
  const allBytes = packages.reduce((sum, { bytes }) => sum + bytes, 0);
  let doneBytes = 0;
  try {
    for (const { spec, bytes, files } of packages) {
      const fetchedDir = path.join(workDir, 'fetched');
      const wanted = files.map(({ from }) => from);
      await fetchFromPackage(spec, wanted, fetchedDir, rootDir);
      for (const file of files) await takeFile(spec, file, path.join(fetchedDir, 'package'), madeDir);
      rmSync(fetchedDir, { recursive: true });
      doneBytes += bytes;
      onPercent(Math.floor((100 * doneBytes) / allBytes));
    }
    rmSync(directory, { recursive: true, force: true });
    renameSync(madeDir, directory);
  } finally {
    rmSync(workDir, { recursive: true, force: true });
  }
}

/**
 * @param {string} spec
 * @param {SpeechFile} file
 * @param {string} packageDir
 * @param {string} targetDir
 */
async function takeFile(spec, { from, to, sha256, convert }, packageDir, targetDir) {
  const source = path.join(packageDir, from);
  const target = path.join(targetDir, to);
  if (convert) writeFileSync(target, convert(readFileSync(source, 'utf8')));
  else renameSync(source, target);
  const found = await hashOf(target);
  if (found === sha256) return;
  throw new StartFailure(
    `${from} of ${spec} is not the file that is expected (SHA-256 ${found}, not ${sha256}), and is not used: see whether npm is set to a registry that you trust.`,
  );
}

/** @param {string} file */
async function hashOf(file) {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}
