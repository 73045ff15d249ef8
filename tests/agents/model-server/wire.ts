import type { ServerResponse } from 'node:http';

/** A request as it was sent, read from JSON. */
export type Body = Record<string, unknown>;

/** What a wire's request says of the conversation. */
export interface Asked {
  /** The tools that the model may call, by name; none: the program asks for something of its own, such as a title. */
  tools: readonly string[];
  /** Answers of tools since a person spoke last. */
  toolAnswers: number;
  isStreamed: boolean;
}

/** A tool of the program's own, with what it is to do. */
export interface Call {
  name: string;
  input: Record<string, unknown>;
}

/** A job that the model wants done, whatever the program's tool for it is called. */
export type Job = { write: string; content: string } | { shell: string };

/** A fault of a provider; `resetsAt` in seconds since 1970 where it tells one. */
export type Fault = 'quota' | 'signed-out' | 'broken' | 'full';

/** The answer of a provider that has a fault. */
export interface Failure {
  status: number;
  body: Body;
  headers?: Record<string, string>;
}

/** An answer in the middle of being sent. */
export interface Answer {
  say(text: string): void;
  call(call: Call): void;
  /** The last piece; without it, the program waits on. */
  end(): void;
  refuse(): void;
}

/** One way of speaking to a model. */
export interface Wire {
  /** Whether it is this wire that is spoken at an address. */
  owns(path: string): boolean;
  read(body: Body, path: string): Asked;
  /** The program's call that does the job. @param folder where it works */
  callFor(job: Job, tools: readonly string[], folder: string): Call;
  open(response: ServerResponse, body: Body, number: number): Answer;
  /** An answer that is not streamed, to a question that is about no work. */
  aside(body: Body): Body;
  fail(fault: Fault, resetsAt: number): Failure;
}

/** What each answer is said to have cost. */
export const TOKENS = { input: 1200, cached: 800, output: 50 };
export const REFUSAL = 'I can’t help with that request.';

export const listOf = (value: unknown): Body[] => (Array.isArray(value) ? (value as Body[]) : []);

/** Takes the first of the tools that the program has. */
export function firstOf<T>(tools: readonly string[], ways: Record<string, T>): [name: string, way: T] {
  const found = Object.entries(ways).find(([name]) => tools.includes(name));
  if (!found)
    throw new Error(`Expected one of ${Object.keys(ways).join(', ')} among the tools, found ${tools.join(', ')}`);
  return found;
}

/** Writes server-sent events. */
export function openEvents(response: ServerResponse): (data: Body | string, event?: string) => void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  return (data, event) =>
    void response.write(
      `${event === undefined ? '' : `event: ${event}\n`}data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`,
    );
}
