import { decode } from './decode.ts';
import { hear } from './hear.ts';
import { SpeechError, SpeechJob } from './messages.ts';
import type { SpeechReport } from './messages.ts';
import { loadModels } from './sherpa.ts';
import type { Models } from './sherpa.ts';

// A program of its own: what breaks in a native library, a model or a sound ends this process and nothing else.
let loaded: { folder: string; models: Models } | null = null;

async function work({ file, ffmpeg, models: folder }: SpeechJob): Promise<SpeechReport> {
  try {
    if (loaded?.folder !== folder) loaded = { folder, models: loadModels(folder) };
    const heard = await hear(decode(file, ffmpeg), loaded.models, (fraction) => say({ type: 'progress', fraction }));
    return { type: 'heard', ...heard };
  } catch (error) {
    if (error instanceof SpeechError) return { type: 'failed', code: error.code, message: error.message };
    console.error('the recording was not heard', error);
    return { type: 'failed', code: 'engine_failed', message: "The speech engine failed. The server's log has more." };
  }
}

function say(report: SpeechReport): void {
  process.send?.(report);
}

process.on('message', (message) => void work(SpeechJob.parse(message)).then(say));
process.on('disconnect', () => process.exit(0));
