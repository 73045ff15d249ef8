import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { cutStart } from '#contract/cut-text.ts';
import { SNIFFED_BYTES, sniffAudio } from '#core/recordings/sniff-audio.ts';
import type { AudioType } from '#core/recordings/sniff-audio.ts';
import { SpeechError } from './messages.ts';

export const SAMPLE_RATE = 16_000;
const BYTES_OF_A_SAMPLE = 2;
const MAX_HOURS = 4;
const MAX_SAMPLES = MAX_HOURS * 3_600 * SAMPLE_RATE;
const MAX_COMPLAINT_CHARS = 2_000;

/** ffmpeg's reader of each container. Left to guess, it takes a text that names other files for a list of them. */
const DEMUXERS: Record<AudioType, string> = {
  'audio/webm': 'webm',
  'audio/ogg': 'ogg',
  'audio/mp4': 'mov',
  'audio/wav': 'wav',
  'audio/mpeg': 'mp3',
};
// Holes in a recording would shift all later times.
const TO_PCM = [
  ...['-vn', '-sn', '-dn', '-map', '0:a:0', '-af', `aresample=${SAMPLE_RATE}:async=1:first_pts=0`],
  ...['-ac', '1', '-f', 's16le', 'pipe:1'],
];

export interface DecodedPart {
  samples: Float32Array;
  /** Of the file; null: not known, as it is not read from its start to its end. */
  fraction: number | null;
}

/**
 * The sound of a recording as it comes, in mono at 16 kHz, from -1 to 1. However long it is, little of it is in memory.
 * @throws SpeechError unreadable_audio, too_long, engine_unavailable
 */
export async function* decode(file: string, ffmpeg: string): AsyncGenerator<DecodedPart> {
  const { type, size } = await look(file);
  // Where an mp4 keeps its table at the end it has to be read twice, so not from a pipe.
  const isPiped = type !== 'audio/mp4';
  const input = isPiped
    ? ['-protocol_whitelist', 'pipe', '-f', DEMUXERS[type], '-i', 'pipe:0']
    : ['-protocol_whitelist', 'file', '-f', DEMUXERS[type], '-enable_drefs', '0', '-i', `file:${file}`];
  const program = spawn(ffmpeg, ['-hide_banner', '-nostdin', '-loglevel', 'error', ...input, ...TO_PCM], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: {},
  });
  const ended = once(program, 'close').catch((error: unknown) => error as Error);
  let complaint = '';
  program.stderr.on('data', (bytes: Buffer) => {
    complaint = cutStart(complaint + bytes.toString(), MAX_COMPLAINT_CHARS);
  });
  // It closes its input when it has read enough; what that means its end tells.
  program.stdin.on('error', () => undefined);
  let readBytes = 0;
  if (isPiped) {
    const source = createReadStream(file);
    source.on('data', (bytes) => (readBytes += bytes.length));
    source.on('error', () => program.kill('SIGKILL'));
    source.pipe(program.stdin);
  } else program.stdin.end();
  let total = 0;
  let rest: Buffer = Buffer.alloc(0);
  try {
    for await (const bytes of program.stdout as AsyncIterable<Buffer>) {
      const all = rest.length > 0 ? Buffer.concat([rest, bytes]) : bytes;
      const whole = all.length - (all.length % BYTES_OF_A_SAMPLE);
      rest = all.subarray(whole);
      const samples = toSamples(all.subarray(0, whole));
      total += samples.length;
      if (total > MAX_SAMPLES)
        throw new SpeechError('too_long', `It is longer than ${MAX_HOURS} hours. Send it in shorter parts.`);
      yield { samples, fraction: isPiped ? Math.min(1, readBytes / size) : null };
    }
    const result = await ended;
    if (result instanceof Error)
      throw new SpeechError(
        'engine_unavailable',
        `ffmpeg does not start (${result.message}). Run npm run voice:setup.`,
      );
    // One that breaks off is heard as far as it goes.
    if (total === 0) throw new SpeechError('unreadable_audio', unreadable(complaint));
  } finally {
    program.kill('SIGKILL');
  }
}

async function look(file: string): Promise<{ type: AudioType; size: number }> {
  const handle = await open(file);
  try {
    const start = Buffer.alloc(SNIFFED_BYTES);
    const { bytesRead } = await handle.read(start, 0, start.length, 0);
    const { size } = await handle.stat();
    const type = sniffAudio(start.subarray(0, bytesRead));
    if (type === null)
      throw new SpeechError('unreadable_audio', unreadable('it is none of webm, ogg, mp4, wav and mp3'));
    return { type, size };
  } finally {
    await handle.close();
  }
}

function unreadable(why: string): string {
  const line = why.trim().split('\n').at(-1)?.trim() ?? '';
  return `There is no sound in it that can be read${line === '' ? '' : ` (${line})`}. Record it again, or send it in another format.`;
}

function toSamples(bytes: Buffer): Float32Array {
  const samples = new Float32Array(bytes.length / BYTES_OF_A_SAMPLE);
  for (let i = 0; i < samples.length; i += 1) samples[i] = bytes.readInt16LE(i * BYTES_OF_A_SAMPLE) / 32_768;
  return samples;
}
