import { isUtf8 } from 'node:buffer';
import { readFileSync, writeFileSync } from 'node:fs';
import type { ArtifactFile } from '../control-plane/control-plane.ts';
import type { Masker } from '../logs/mask.ts';

/** How much of a file tells whether it is text. */
const SNIFFED_BYTES = 8_192;

/**
 * The artifact as others may see it: without secrets in its name or in what is in it. The diff is masked when it is
 * made; this is for the files that a run leaves.
 * @throws the file system's error: what can not be masked is not sent
 */
export function maskArtifact(artifact: ArtifactFile, masker: Masker): ArtifactFile {
  const name = masker.mask(artifact.name);
  const bytes = readFileSync(artifact.file);
  const masked = maskBytes(bytes, masker);
  if (masked === bytes) return { ...artifact, name };
  const file = `${artifact.file}.masked`;
  writeFileSync(file, masked, { mode: 0o600 });
  return { ...artifact, name, file };
}

/** @returns the same buffer when there is nothing to hide */
export function maskBytes(bytes: Buffer, masker: Masker): Buffer {
  if (bytes.length >= 2 && bytes[0] === 0xff && bytes[1] === 0xfe)
    return maskText(bytes, bytes.toString('utf16le'), 'utf16le', masker);
  if (bytes.subarray(0, SNIFFED_BYTES).includes(0)) return maskBinary(bytes, masker);
  return isUtf8(bytes)
    ? maskText(bytes, bytes.toString('utf8'), 'utf8', masker)
    : maskText(bytes, bytes.toString('latin1'), 'latin1', masker);
}

function maskText(bytes: Buffer, text: string, encoding: BufferEncoding, masker: Masker): Buffer {
  const masked = masker.mask(text);
  return masked === text ? bytes : Buffer.from(masked, encoding);
}

/** Of a picture or an archive nothing may move: a secret in it becomes as many stars, and better a broken file than a told secret. */
function maskBinary(bytes: Buffer, masker: Masker): Buffer {
  const ranges = masker.findPlain(bytes.toString('latin1'));
  if (ranges.length === 0) return bytes;
  const masked = Buffer.from(bytes);
  for (const [from, to] of ranges) masked.fill('*', from, to);
  return masked;
}
