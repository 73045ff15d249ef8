/** Begins to transcribe a recording and dies the hard way in the middle of it. */
import { createLogger } from '#core/platform/logger.ts';
import { openCore } from '#core/platform/open-core.ts';
import { transcribeRecording } from '#core/recordings/transcribe-recording.ts';

const { recordingId, ...options } = JSON.parse(process.argv[2] ?? '{}') as {
  databaseUrl: string;
  redisUrl: string;
  redisPrefix: string;
  dataDirectory: string;
  recordingId: string;
};
const core = openCore({
  ...options,
  searchPath: process.env['PATH'] ?? '',
  logger: createLogger('transcription-worker', 'error'),
});
await transcribeRecording(core, recordingId, {
  stop: new AbortController().signal,
  engines: {
    engineNamed: () => ({
      name: 'fatal',
      transcribe: () => {
        process.kill(process.pid, 'SIGKILL');
        return new Promise(() => undefined);
      },
    }),
  },
});
