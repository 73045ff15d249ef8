/**
 * The design to beat, as a server of its own: one mutation a line, the line and its event each in a commit of their own,
 * a message over Redis for each, and a bridge to the sockets that looks every 50 ms for what has come.
 * Run by log-ingest.ts with DATABASE_URL, REDIS_URL and PORT.
 */
import { createServer } from 'node:http';
import { createSchema, createYoga } from 'graphql-yoga';
import { Redis } from 'ioredis';
import pg from 'pg';
import { WebSocketServer } from 'ws';

const BRIDGE_MS = 50;
const CHANNEL = 'line-at-a-time';

const pool = new pg.Pool({ connectionString: process.env['DATABASE_URL'], max: 16 });
await pool.query(`
  create schema if not exists line_at_a_time;
  create table if not exists line_at_a_time.lines (run_id uuid not null, seq integer not null, stream smallint not null, message text not null, created_at timestamptz not null default now(), primary key (run_id, seq));
  create table if not exists line_at_a_time.events (id bigint generated always as identity primary key, kind text not null, payload jsonb not null, created_at timestamptz not null default now())`);
const publisher = new Redis(process.env['REDIS_URL'] ?? '');
const subscriber = new Redis(process.env['REDIS_URL'] ?? '');

interface NewLine {
  runId: string;
  seq: number;
  stream: number;
  message: string;
}

const yoga = createYoga({
  logging: false,
  schema: createSchema({
    typeDefs:
      'type Query { ok: Boolean } type Mutation { appendLine(runId: ID!, seq: Int!, stream: Int!, message: String!): Boolean! }',
    resolvers: {
      Mutation: {
        appendLine: async (_root: unknown, line: NewLine) => {
          const { runId, seq, stream, message } = line;
          await pool.query({
            name: 'line',
            text: 'insert into line_at_a_time.lines (run_id, seq, stream, message) values ($1, $2, $3, $4)',
            values: [runId, seq, stream, message],
          });
          await pool.query({
            name: 'event',
            text: `insert into line_at_a_time.events (kind, payload) values ('run.log', $1)`,
            values: [JSON.stringify(line)],
          });
          await publisher.publish(CHANNEL, JSON.stringify(line));
          return true;
        },
      },
    },
  }),
});

// The adapter answers on its own; a failure shows as a request that is refused.
const server = createServer((request, response) => void yoga(request, response));
const sockets = new WebSocketServer({ server, path: '/lines', perMessageDeflate: false });
let arrived: string[] = [];
await subscriber.subscribe(CHANNEL);
subscriber.on('message', (_channel, text) => arrived.push(text));
setInterval(() => {
  const lines = arrived;
  arrived = [];
  for (const socket of sockets.clients) for (const line of lines) socket.send(line);
}, BRIDGE_MS);
server.listen(Number(process.env['PORT']), '127.0.0.1', () => console.log('{"msg":"ready"}'));
process.once('SIGTERM', () => process.exit(0));
