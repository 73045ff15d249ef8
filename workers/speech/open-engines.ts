import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Environment } from '#core/config/env.ts';
import type { Logger } from '#core/platform/logger.ts';
import type { SpeechEngines } from '#core/recordings/speech-engine.ts';
import { moonshine } from './moonshine.ts';
import { SpeechChild } from './speech-child.ts';

const IDLE_MS = 5 * 60_000;
/** A segment of twelve seconds takes one; a machine may be busy. */
const SILENCE_MS = 2 * 60_000;

export interface OpenedEngines extends SpeechEngines {
  close(): void;
}

/** The engines that a worker's configuration names. Nothing is started before there is a recording. */
export function openEngines(environment: Environment, logger: Logger): OpenedEngines {
  if (environment.OVERMIND_SPEECH_ENGINE === 'none') return { engineNamed: () => null, close: () => undefined };
  const child = new SpeechChild({ args: childArgs(), logger, silenceMs: SILENCE_MS, idleMs: IDLE_MS });
  const engine = moonshine(
    {
      ffmpeg: environment.OVERMIND_FFMPEG,
      models: environment.OVERMIND_VOICE_MODELS,
      stateFile: environment.OVERMIND_VOICE_STATE,
    },
    child,
  );
  return {
    engineNamed: (name) => (name === null || name === engine.name ? engine : null),
    close: () => child.end(),
  };
}

/** The bundle lies beside ours; from sources it is run by tsx. */
function childArgs(): string[] {
  const bundle = fileURLToPath(new URL('./speech.mjs', import.meta.url));
  return existsSync(bundle)
    ? [bundle]
    : ['--import', import.meta.resolve('tsx'), fileURLToPath(new URL('./child-main.ts', import.meta.url))];
}
