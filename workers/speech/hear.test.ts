import { describe, expect, test } from 'vitest';
import { SAMPLE_RATE } from './decode.ts';
import { cutLong, hear } from './hear.ts';
import type { Models } from './sherpa.ts';

const seconds = (count: number): number => count * SAMPLE_RATE;

describe('speech without a pause', () => {
  test('is one piece while it is short', () => {
    expect(cutLong(new Float32Array(seconds(12)).fill(0.5))).toEqual([{ from: 0, to: seconds(12) }]);
  });

  test('is cut where it is quietest, in pieces that leave nothing out and are never too long', () => {
    const samples = new Float32Array(seconds(40)).fill(0.5);
    const quiet = [9, 18.5, 29];
    for (const at of quiet) samples.fill(0.01, seconds(at), seconds(at) + seconds(0.1));
    const pieces = cutLong(samples);
    expect(pieces[0]?.from).toBe(0);
    expect(pieces.at(-1)?.to).toBe(samples.length);
    for (const [i, { from, to }] of pieces.entries()) {
      expect(from).toBe(pieces[i - 1]?.to ?? 0);
      expect(to - from).toBeLessThanOrEqual(seconds(12));
    }
    for (const [i, at] of quiet.entries()) {
      expect(pieces[i]?.to).toBeGreaterThanOrEqual(seconds(at));
      expect(pieces[i]?.to).toBeLessThanOrEqual(seconds(at + 0.1));
    }
  });

  test('is given to the model whole, from its first word, though the detector tells of it only at its end', async () => {
    const length = seconds(60);
    const given: number[] = [];
    let seen = 0;
    const models: Models = {
      // A detector that hears one voice from the first to the last second.
      newVad: () => {
        const found: { start: number; samples: Float32Array }[] = [];
        return {
          acceptWaveform: (samples) => void (seen += samples.length),
          isEmpty: () => found.length === 0,
          front: () => found[0] ?? { start: 0, samples: new Float32Array(0) },
          pop: () => void found.shift(),
          flush: () => void found.push({ start: 0, samples: new Float32Array(length).fill(0.5) }),
        };
      },
      recognise: async (samples) => {
        given.push(samples.length);
        return `words ${given.length}`;
      },
    };
    async function* sound() {
      for (let i = 0; i < 60; i += 1) yield { samples: new Float32Array(seconds(1)).fill(0.5), fraction: (i + 1) / 60 };
    }
    const { segments, durationMs } = await hear(sound(), models, () => undefined);
    expect(seen).toBeGreaterThanOrEqual(length);
    expect(durationMs).toBe(60_000);
    expect(given.reduce((sum, count) => sum + count, 0)).toBe(length);
    expect(segments[0]).toMatchObject({ startMs: 0, text: 'words 1' });
    expect(segments.at(-1)?.endMs).toBe(60_000);
    for (const [i, { startMs }] of segments.entries()) expect(startMs).toBe(segments[i - 1]?.endMs ?? 0);
  });
});
