declare module 'pg-copy-streams' {
  import type { Submittable } from 'pg';
  import type { Writable } from 'node:stream';

  /** A statement `copy … from stdin`, to be given to `client.query` and written to. */
  export function from(statement: string): Writable & Submittable;
}
