import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { Actor } from '#core/access/actor.ts';
import { projectScope } from '#core/access/permissions.ts';
import { MAX_LOG_PAGE_LINES } from '#core/config/limits.ts';
import type { Core } from '#core/platform/core.ts';
import { isUuid } from '#core/platform/ids.ts';
import { readLines } from '#core/runs/follow-logs.ts';
import { fileSize, readFileRange } from '#core/storage/disk-storage.ts';
import { refuse } from './body.ts';

/** What a run or a person has stored is downloaded, never shown by the browser as ours: attachment, no sniffing, sandboxed. */
const DOWNLOAD_HEADERS = {
  'x-content-type-options': 'nosniff',
  'content-security-policy': "sandbox; default-src 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'private, no-store',
};

/** `/files/artifacts/{id}` and `/files/runs/{id}/log.txt`, for whoever may see the project; ranges are honoured. */
export async function serveFile(
  core: Core,
  actor: Actor | null,
  request: IncomingMessage,
  response: ServerResponse,
  pathname: string,
): Promise<void> {
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return refuse(response, 405, 'BAD_USER_INPUT', 'Files are read with GET.');
  if (actor?.kind !== 'user') return refuse(response, 401, 'UNAUTHENTICATED', 'Sign in first.');
  const artifactId = /^\/files\/artifacts\/([0-9a-f-]{36})$/.exec(pathname)?.[1];
  if (artifactId && isUuid(artifactId)) return serveArtifact(core, actor, request, response, artifactId);
  const runId = /^\/files\/runs\/([0-9a-f-]{36})\/log\.txt$/.exec(pathname)?.[1];
  if (runId && isUuid(runId)) return serveLog(core, actor, request, response, runId);
  refuse(response, 404, 'NOT_FOUND', 'There is no such file.');
}

async function serveArtifact(
  core: Core,
  actor: Actor,
  request: IncomingMessage,
  response: ServerResponse,
  id: string,
): Promise<void> {
  const artifact = await core.db.artifact.findFirst({ where: { id, project: projectScope(actor) } });
  if (!artifact) return refuse(response, 404, 'NOT_FOUND', 'There is no such file.');
  if (artifact.removedAt) return refuse(response, 410, 'NOT_FOUND', removedWords('The file', artifact.removedAt));
  await serveStored(core, request, response, artifact);
}

/** A file that may be read: all of it, or the range that is asked for. */
export async function serveStored(
  core: Core,
  request: IncomingMessage,
  response: ServerResponse,
  file: { storagePath: string; mimeType: string; name: string },
): Promise<void> {
  const size = await fileSize(core.dataDirectory, file.storagePath);
  const range = parseRange(request.headers.range, size);
  if (range === 'unsatisfiable') {
    response.writeHead(416, { 'content-range': `bytes */${size}` }).end();
    return;
  }
  const { start, end } = range ?? { start: 0, end: size - 1 };
  response.writeHead(range ? 206 : 200, {
    ...DOWNLOAD_HEADERS,
    'content-type': file.mimeType,
    'content-disposition': `attachment; filename*=UTF-8''${encodeURIComponent(file.name)}`,
    'content-length': Math.max(0, end - start + 1),
    'accept-ranges': 'bytes',
    ...(range ? { 'content-range': `bytes ${start}-${end}/${size}` } : {}),
  });
  if (request.method === 'HEAD' || size === 0) {
    response.end();
    return;
  }
  await pipeline(readFileRange(core.dataDirectory, file.storagePath, { start, end }), response);
}

/** One range, as browsers and curl send it. @source RFC 9110, section 14 */
function parseRange(header: string | undefined, size: number): { start: number; end: number } | 'unsatisfiable' | null {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? '');
  if (!match || (match[1] === '' && match[2] === '')) return null;
  const start = match[1] === '' ? Math.max(0, size - Number(match[2])) : Number(match[1]);
  const end = match[1] === '' || match[2] === '' ? size - 1 : Math.min(Number(match[2]), size - 1);
  return start > end || start >= size ? 'unsatisfiable' : { start, end };
}

async function serveLog(
  core: Core,
  actor: Actor,
  request: IncomingMessage,
  response: ServerResponse,
  runId: string,
): Promise<void> {
  const run = await core.db.agentRun.findFirst({
    where: { id: runId, project: projectScope(actor) },
    select: { id: true, logRemovedAt: true },
  });
  if (!run) return refuse(response, 404, 'NOT_FOUND', 'There is no such run.');
  if (run.logRemovedAt) return refuse(response, 410, 'NOT_FOUND', removedWords('The log', run.logRemovedAt));
  response.writeHead(200, {
    ...DOWNLOAD_HEADERS,
    'content-type': 'text/plain; charset=utf-8',
    'content-disposition': `attachment; filename="run-${runId}.log"`,
  });
  if (request.method === 'HEAD') {
    response.end();
    return;
  }
  await pipeline(logText(core, runId), response);
}

/** What there was, and when it went. */
export const removedWords = (what: string, at: Date): string =>
  `${what} was removed by retention on ${at.toISOString().slice(0, 10)}.`;

/** Page after page, so that a long log costs no memory. */
async function* logText(core: Core, runId: string): AsyncGenerator<string> {
  let afterSeq = -1;
  for (;;) {
    const batch = await readLines(core, runId, afterSeq, MAX_LOG_PAGE_LINES);
    if (!batch) return;
    afterSeq = batch.firstSeq + batch.messages.length - 1;
    yield `${batch.messages.join('\n')}\n`;
  }
}
