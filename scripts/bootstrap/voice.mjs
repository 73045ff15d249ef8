import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { takeLock } from './data-directory.mjs';
import { lackOf, placeFfmpeg } from './ffmpeg.mjs';
import { writeFileAtomically } from './files.mjs';
import { removeHalfDone } from './leftovers.mjs';
import { SPEECH_FILES, fetchSpeechModels, hasSpeechModels } from './speech-models.mjs';
import { StartFailure, messageOf } from './start-failure.mjs';

/**
 * Where what turns speech into text is. Those who use it are told of the places when they start, and find it there later.
 * @typedef {object} VoicePlaces
 * @property {string} directory
 * @property {string} ffmpeg the program
 * @property {string} models the folder, which is complete or absent
 * @property {string} stateFile how far the set-up is; see `VoiceState`
 * @property {boolean} isOwnFfmpeg whether the user has named it, and looks after it
 * @property {boolean} areOwnModels
 *
 * @typedef {object} VoiceState
 * @property {'ready' | 'setting_up' | 'missing' | 'failed'} state
 * @property {number | null} percent of what is fetched
 * @property {string} message one sentence that says what to do
 */

/** What people are told beside the reason. */
const AGAIN = 'It is tried again at the next start, and at once by: npm run voice:setup';

/** @type {VoiceState} */
const TURNED_OFF = {
  state: 'missing',
  percent: null,
  message: 'Speech is not written down on this machine; start it without OVERMIND_VOICE=0 to have that.',
};

/**
 * @param {string} dataDir
 * @param {NodeJS.ProcessEnv} variables
 * @returns {VoicePlaces}
 */
export function voicePlaces(dataDir, variables) {
  const directory = path.join(dataDir, 'voice');
  const ffmpeg = variables['OVERMIND_FFMPEG']?.trim();
  const models = variables['OVERMIND_VOICE_MODELS']?.trim();
  return {
    directory,
    ffmpeg: ffmpeg || path.join(directory, 'ffmpeg'),
    models: models || path.join(directory, 'models'),
    stateFile: path.join(directory, 'state.json'),
    isOwnFfmpeg: Boolean(ffmpeg),
    areOwnModels: Boolean(models),
  };
}

/**
 * Whether speech is written down on this machine: not where that was turned off, or another engine was chosen.
 * @param {NodeJS.ProcessEnv} variables
 */
export function isVoiceWanted(variables) {
  const engine = variables['OVERMIND_SPEECH_ENGINE']?.trim() || 'moonshine';
  return variables['OVERMIND_VOICE']?.trim() !== '0' && engine === 'moonshine';
}

/**
 * What those who use it are told, before it is there.
 * @param {VoicePlaces} places
 * @param {NodeJS.ProcessEnv} variables
 * @returns {NodeJS.ProcessEnv} undefined: not even what the user has named
 */
export function prepareVoice(places, variables) {
  const isWanted = isVoiceWanted(variables);
  writeState(places.stateFile, isWanted ? settingUp(null) : TURNED_OFF);
  return isWanted
    ? voiceEnvironment(places)
    : { OVERMIND_FFMPEG: undefined, OVERMIND_VOICE_MODELS: undefined, OVERMIND_VOICE_STATE: places.stateFile };
}

/**
 * Fetches what is missing; a set-up that is complete fetches nothing. One that was interrupted begins anew.
 * @param {VoicePlaces} places
 * @param {{ rootDir: string, say: (detail: string) => void, packages?: Parameters<typeof hasSpeechModels>[1] }} options
 *   `packages`: others than the speech models that are used
 * @throws {StartFailure} saying why voice can not be used, and what to do
 */
export async function setUpVoice(places, { rootDir, say, packages }) {
  const { directory, stateFile, models } = places;
  mkdirSync(directory, { recursive: true });
  const release = takeLock(
    path.join(directory, 'setup.lock'),
    (pid) => new StartFailure(`Process ${pid} is setting up voice already; wait until it is done.`),
  );
  const tell = (/** @type {number | null} */ percent, /** @type {string} */ detail) => {
    say(percent === null ? detail : `${detail}, ${percent} %`);
    writeState(stateFile, settingUp(percent));
  };
  try {
    removeHalfDone([directory]);
    const areThere = places.areOwnModels ? hasAllFiles(models) : await hasSpeechModels(models, packages);
    tell(null, 'looking for ffmpeg');
    await requireFfmpeg(places);
    if (!areThere) {
      if (places.areOwnModels)
        throw new StartFailure(`OVERMIND_VOICE_MODELS=${models} does not hold all of ${SPEECH_FILES.join(', ')}.`);
      tell(0, 'fetching the speech model');
      await fetchSpeechModels(models, {
        rootDir,
        packages,
        onPercent: (percent) => tell(percent, 'fetching the speech model'),
      });
    }
    writeState(stateFile, { state: 'ready', percent: null, message: 'Voice is ready.' });
  } catch (error) {
    writeState(stateFile, { state: 'failed', percent: null, message: `${sentence(messageOf(error))} ${AGAIN}.` });
    throw error;
  } finally {
    release();
  }
}

/**
 * For the tests, kept in the clone. Those that need it fail when it can not be had, and find the reason in its state.
 * @param {BesideOptions} options
 * @returns {Promise<NodeJS.ProcessEnv>}
 */
export async function setUpVoiceForTests(options) {
  const places = voicePlaces(path.join(options.rootDir, '.cache'), process.env);
  await setUpVoiceBeside(places, options);
  return voiceEnvironment(places);
}

/**
 * @typedef {object} BesideOptions
 * @property {string} rootDir
 * @property {import('./progress.mjs').Progress} progress
 * @property {AbortSignal} stopping
 */

/**
 * The same beside everything else. It is no reason to end that when it fails.
 * @param {VoicePlaces} places
 * @param {BesideOptions} options
 */
export async function setUpVoiceBeside(places, { rootDir, progress, stopping }) {
  try {
    await progress.step('Voice', (say) => setUpVoice(places, { rootDir, say }));
  } catch (error) {
    if (stopping.aborted) return;
    if (error instanceof StartFailure) {
      progress.note(`  ! without voice: ${error.message}`);
      progress.note(`    ${AGAIN}. OVERMIND_VOICE=0 leaves it out.`);
    } else {
      progress.note(`  ! without voice: ${error instanceof Error ? error.stack : messageOf(error)}`);
    }
  }
}

/** @param {VoicePlaces} places */
function voiceEnvironment({ ffmpeg, models, stateFile }) {
  return { OVERMIND_FFMPEG: ffmpeg, OVERMIND_VOICE_MODELS: models, OVERMIND_VOICE_STATE: stateFile };
}

/** @param {VoicePlaces} places */
async function requireFfmpeg({ ffmpeg, isOwnFfmpeg }) {
  if (!isOwnFfmpeg) return placeFfmpeg(ffmpeg);
  const lack = await lackOf(ffmpeg);
  if (lack !== undefined)
    throw new StartFailure(`OVERMIND_FFMPEG=${ffmpeg} is no use (${lack}); name another, or leave it out.`);
}

/** @param {string} directory */
function hasAllFiles(directory) {
  return SPEECH_FILES.every((name) => existsSync(path.join(directory, name)));
}

/**
 * @param {string} file
 * @param {VoiceState} state
 */
function writeState(file, state) {
  writeFileAtomically(file, `${JSON.stringify(state)}\n`);
}

/**
 * @param {number | null} percent
 * @returns {VoiceState}
 */
function settingUp(percent) {
  const message = 'Voice is being set up; what is recorded until then is written down when that is done.';
  return { state: 'setting_up', percent, message };
}

/** @param {string} text */
function sentence(text) {
  return text.endsWith('.') ? text : `${text}.`;
}
