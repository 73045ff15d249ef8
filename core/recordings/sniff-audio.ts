/** What recordings come in. Which one it is, its first bytes say: a name or a header may say anything. */
export const AUDIO_TYPES = ['audio/webm', 'audio/ogg', 'audio/mp4', 'audio/wav', 'audio/mpeg'] as const;
export type AudioType = (typeof AUDIO_TYPES)[number];

/** So many bytes are enough to tell. */
export const SNIFFED_BYTES = 12;

/** The container that a file begins as; null: none that can be transcribed. */
export function sniffAudio(start: Uint8Array): AudioType | null {
  const bytes = Buffer.from(start.buffer, start.byteOffset, start.byteLength);
  const at = (offset: number, text: string): boolean => bytes.toString('latin1', offset, offset + text.length) === text;
  if (bytes.length < SNIFFED_BYTES) return null;
  if (bytes.readUInt32BE(0) === 0x1a45dfa3) return 'audio/webm';
  if (at(0, 'OggS')) return 'audio/ogg';
  if (at(4, 'ftyp')) return 'audio/mp4';
  if (at(0, 'RIFF') && at(8, 'WAVE')) return 'audio/wav';
  if (at(0, 'ID3') || isMpegFrame(bytes)) return 'audio/mpeg';
  return null;
}

/** Eleven bits of ones, then a layer III of a version that there is, with a rate that there is. @source ISO/IEC 11172-3, 2.4.1.3 */
function isMpegFrame(bytes: Buffer): boolean {
  const head = bytes.readUInt32BE(0);
  const version = (head >>> 19) & 3;
  const layer = (head >>> 17) & 3;
  const bitrate = (head >>> 12) & 15;
  const sampleRate = (head >>> 10) & 3;
  return head >>> 21 === 0x7ff && version !== 1 && layer === 1 && bitrate !== 0 && bitrate !== 15 && sampleRate !== 3;
}
