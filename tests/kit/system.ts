import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startApi } from '#api/server.ts';
import type { ApiOptions, ApiServer } from '#api/server.ts';
import type { Core } from '#core/platform/core.ts';
import { newId } from '#core/platform/ids.ts';
import { createLogger } from '#core/platform/logger.ts';
import { openCore } from '#core/platform/open-core.ts';
import type { CoreOptions } from '#core/platform/open-core.ts';
import { createTestDatabase, serverUrl } from './database.ts';

export interface TestSystem {
  core: Core;
  databaseUrl: string;
  redisUrl: string;
  redisPrefix: string;
  dataDirectory: string;
  /** A second process's worth of core on the same services; whoever opens it closes it. */
  openCore(changes?: Partial<CoreOptions>): ReturnType<typeof openCore>;
  /** Starts an api process's worth of server in this process, with a core of its own. */
  startApi(
    options?: Partial<
      Pick<
        ApiOptions,
        'webOrigin' | 'bodyTimeoutMs' | 'publicOrigin' | 'hosts' | 'trustedProxies' | 'isExplorable' | 'parts'
      >
    >,
  ): Promise<ApiServer & { url: string }>;
  close(): Promise<void>;
}

/** A whole back end on a database, a Redis prefix and a data directory of its own. */
export async function startTestSystem(): Promise<TestSystem> {
  const database = await createTestDatabase();
  const redisUrl = serverUrl('REDIS_URL');
  const redisPrefix = `test-${newId()}`;
  const dataDirectory = await mkdtemp(path.join(tmpdir(), 'overmind-test-'));
  const open = (changes: Partial<CoreOptions> = {}) =>
    openCore({
      databaseUrl: database.url,
      redisUrl,
      redisPrefix,
      dataDirectory,
      searchPath: process.env['PATH'] ?? '',
      logger: createLogger('test', process.env['LOG_LEVEL'] ?? 'error'),
      maxConnections: 8,
      ...changes,
    });
  const core = open();
  const closers: (() => Promise<void>)[] = [];
  return {
    core,
    databaseUrl: database.url,
    redisUrl,
    redisPrefix,
    dataDirectory,
    openCore: open,
    async startApi(options = {}) {
      const ownCore = open();
      const api = await startApi({
        core: ownCore,
        host: '127.0.0.1',
        port: 0,
        trustedProxies: ['127.0.0.1'],
        isExplorable: true,
        ...options,
      });
      closers.push(async () => {
        await api.close();
        await ownCore.close();
      });
      return { ...api, url: `http://127.0.0.1:${api.port}` };
    },
    async close() {
      for (const close of closers.reverse()) await close();
      await core.close();
      await database.drop();
      await rm(dataDirectory, { recursive: true, force: true });
    },
  };
}
