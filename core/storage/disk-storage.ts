import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { PayloadTooLargeError } from '#core/errors/errors.ts';
import { newId } from '#core/platform/ids.ts';

const KEY = /^[a-z0-9][a-z0-9._-]*(?:\/[a-z0-9][a-z0-9._-]*)*$/;

/** Where a key lies on disk. Keys are made by the server from ids and never sent to clients. */
function pathOf(dataDirectory: string, key: string): string {
  if (!KEY.test(key) || key.includes('..')) throw new Error(`Expected a storage key, found ${JSON.stringify(key)}`);
  return path.join(dataDirectory, 'projects', key);
}

/**
 * Stores a file under a key: written beside its place, flushed, then moved, so that a reader never sees half of it.
 * @throws PayloadTooLargeError past `maxBytes`; nothing is left behind
 */
export async function putFile(
  dataDirectory: string,
  key: string,
  content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  maxBytes: number,
): Promise<{ size: number; sha256: string }> {
  const target = pathOf(dataDirectory, key);
  await mkdir(path.dirname(target), { recursive: true, mode: 0o700 });
  const temporary = `${target}.${newId()}.part`;
  const hash = createHash('sha256');
  let size = 0;
  const file = await open(temporary, 'wx', 0o600);
  try {
    for await (const chunk of content) {
      size += chunk.byteLength;
      if (size > maxBytes) throw new PayloadTooLargeError(`The file is larger than ${maxBytes} bytes.`, maxBytes);
      hash.update(chunk);
      await file.writeFile(chunk);
    }
    await file.sync();
    await file.close();
    await rename(temporary, target);
  } catch (error) {
    await file.close();
    await rm(temporary, { force: true });
    throw error;
  }
  return { size, sha256: hash.digest('hex') };
}

/** A part of a stored file, or all of it; `end` is inclusive, as in HTTP ranges. */
export function readFileRange(dataDirectory: string, key: string, range?: { start: number; end: number }): Readable {
  return createReadStream(pathOf(dataDirectory, key), range);
}

export async function fileSize(dataDirectory: string, key: string): Promise<number> {
  return (await stat(pathOf(dataDirectory, key))).size;
}

/** Where a stored file lies, for a program of ours that reads it by itself. */
export function filePathOf(dataDirectory: string, key: string): string {
  return path.resolve(pathOf(dataDirectory, key));
}

/** Removes everything of a project, or of an upload; what is gone already is no error. */
export async function removeProjectFolder(dataDirectory: string, projectId: string): Promise<void> {
  await rm(pathOf(dataDirectory, projectId), { recursive: true, force: true });
}

/** Removes a stored file; one that is gone already is no error. */
export async function removeFile(dataDirectory: string, key: string): Promise<void> {
  await rm(pathOf(dataDirectory, key), { force: true });
}
