import type { Segment } from '#core/recordings/speech-engine.ts';
import { SAMPLE_RATE } from './decode.ts';
import type { DecodedPart } from './decode.ts';
import { SpeechError } from './messages.ts';
import { VAD_WINDOW } from './sherpa.ts';
import type { Models } from './sherpa.ts';

/** Words begin before and end behind what is surely speech. */
const MARGIN = 0.2 * SAMPLE_RATE;
/** What may still be asked for beside a segment: its margins, and the silence that ends it. */
const KEPT = 20 * SAMPLE_RATE;
/** The model is given no more at once; it answers longer ones with little or nothing. */
const MAX_PIECE = 12 * SAMPLE_RATE;
/** Who speaks on without a pause is cut where it is quietest, in pieces of this length at least. */
const MIN_PIECE = 6 * SAMPLE_RATE;
/** So long a quiet moment is. */
const MOMENT = 0.05 * SAMPLE_RATE;

/**
 * Writes down what is said: cut where nobody speaks, since a model that is given everything at once may say nothing.
 * @param onProgress told after every part
 * @returns nothing in `segments` when nobody spoke
 * @throws SpeechError engine_failed when there was speech and no words came of it, and what the sound throws
 */
export async function hear(
  sound: AsyncIterable<DecodedPart>,
  models: Models,
  onProgress: (fraction: number | null) => void,
): Promise<{ segments: Segment[]; durationMs: number }> {
  const vad = models.newVad();
  const recent = new RecentSamples();
  const segments: Segment[] = [];
  let found = 0;
  const takeSegments = async (): Promise<void> => {
    while (!vad.isEmpty()) {
      const { start, samples } = vad.front(false);
      vad.pop();
      found += 1;
      // The detector has all of it, however long; what we keep of the sound goes back a while only.
      const pieces = cutLong(samples);
      for (const [index, { from, to }] of pieces.entries()) {
        const before = index === 0 ? recent.slice(start - MARGIN, start) : NOTHING;
        const end = start + samples.length;
        const behind = index === pieces.length - 1 ? recent.slice(end, end + MARGIN) : NOTHING;
        const text = await models.recognise(joined(before, samples.subarray(from, to), behind));
        if (text !== '') segments.push({ startMs: toMs(start + from), endMs: toMs(start + to), text });
        onProgress(null);
      }
    }
  };
  for await (const { samples, fraction } of sound) {
    recent.push(samples);
    for (const window of recent.windows(VAD_WINDOW)) {
      vad.acceptWaveform(window);
      if (!vad.isEmpty()) await takeSegments();
    }
    onProgress(fraction);
  }
  vad.acceptWaveform(recent.lastWindow(VAD_WINDOW));
  vad.flush();
  await takeSegments();
  if (found > 0 && segments.length === 0)
    throw new SpeechError(
      'engine_failed',
      'Somebody speaks in it, and no words were understood. Record it again, closer.',
    );
  return { segments, durationMs: toMs(recent.length) };
}

const NOTHING = new Float32Array(0);

function joined(...parts: Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** Pieces of at most `MAX_PIECE`, one behind the other. */
export function cutLong(samples: Float32Array): { from: number; to: number }[] {
  const pieces: { from: number; to: number }[] = [];
  let from = 0;
  for (; samples.length - from > MAX_PIECE; from = pieces.at(-1)?.to ?? samples.length)
    pieces.push({ from, to: quietestIn(samples, from + MIN_PIECE, from + MAX_PIECE) });
  return [...pieces, { from, to: samples.length }];
}

/** The middle of the quietest moment between two places. */
function quietestIn(samples: Float32Array, from: number, to: number): number {
  let best = { at: to, loudness: Infinity };
  for (let at = from; at + MOMENT <= to; at += MOMENT) {
    let loudness = 0;
    for (let i = at; i < at + MOMENT; i += 1) loudness += Math.abs(samples[i] ?? 0);
    if (loudness < best.loudness) best = { at: at + MOMENT / 2, loudness };
  }
  return best.at;
}

const toMs = (samples: number): number => Math.round((samples / SAMPLE_RATE) * 1_000);

/** The end of a sound of any length, by places in the whole of it. */
class RecentSamples {
  /** Of the whole sound so far. */
  length = 0;
  private kept = new Float32Array(0);
  private seen = 0;

  push(samples: Float32Array): void {
    const from = Math.max(0, this.kept.length - KEPT);
    const all = new Float32Array(this.kept.length - from + samples.length);
    all.set(this.kept.subarray(from));
    all.set(samples, this.kept.length - from);
    this.kept = all;
    this.length += samples.length;
  }

  slice(start: number, end: number): Float32Array {
    const base = this.length - this.kept.length;
    return this.kept.slice(Math.max(0, start - base), Math.max(0, end - base));
  }

  /** What was pushed and not yet looked at, in windows of one size. */
  *windows(size: number): Generator<Float32Array> {
    for (; this.seen + size <= this.length; this.seen += size) yield this.slice(this.seen, this.seen + size);
  }

  /** The rest, and silence behind it. */
  lastWindow(size: number): Float32Array {
    const window = new Float32Array(size);
    window.set(this.slice(this.seen, this.length));
    return window;
  }
}
