import type { DocumentNode, GraphQLSchema } from 'graphql';
import type { SubscribePayload } from 'graphql-ws';
import type { RunnerActor } from '#core/access/actor.ts';
import { DomainError } from '#core/errors/errors.ts';
import type { Core } from '#core/platform/core.ts';
import { appendNextLogs } from '#core/runs/append-logs.ts';
import { readAppendDocument } from './append-document.ts';
import type { AppendDocument } from './append-document.ts';

/** Longer ones than a runner's own are not looked at. */
const MAX_QUERY_CHARS = 2_000;
/** Runners of a few versions send a few texts. */
const MAX_KNOWN_QUERIES = 20;

export interface Appended {
  document: DocumentNode;
  data: Record<string, unknown>;
}

/**
 * The short way for the one operation that comes hundreds of times a second: a runner's next batch of log lines, over
 * its socket. One statement is asked of the database, and GraphQL's machinery is asked once a text. Whatever is not
 * exactly that, or does not work, goes the ordinary way, which says why; the same batch twice is harmless.
 */
export class LogLane {
  readonly #known = new Map<string, AppendDocument | null>();

  readonly #core: Core;
  readonly #schema: GraphQLSchema;

  constructor(core: Core, schema: GraphQLSchema) {
    this.#core = core;
    this.#schema = schema;
  }

  /**
   * @param runner who opened the socket; that his token still holds is looked at again with the lines
   * @returns null: nothing has changed, and the operation is to go the ordinary way
   */
  async append(runner: RunnerActor, payload: SubscribePayload): Promise<Appended | null> {
    if (payload.query.length > MAX_QUERY_CHARS || typeof payload.variables?.['input'] !== 'object') return null;
    const asked = this.#read(payload.query);
    if (!asked || (payload.operationName ?? asked.operationName) !== asked.operationName) return null;
    try {
      const lastSeq = await appendNextLogs(this.#core, runner, payload.variables['input']);
      return lastSeq === null ? null : { document: asked.document, data: asked.answer(lastSeq) };
    } catch (error) {
      if (error instanceof DomainError) return null;
      throw error;
    }
  }

  #read(query: string): AppendDocument | null {
    const known = this.#known.get(query);
    if (known !== undefined) return known;
    const read = readAppendDocument(this.#schema, query);
    if (this.#known.size >= MAX_KNOWN_QUERIES) this.#known.clear();
    this.#known.set(query, read);
    return read;
  }
}
