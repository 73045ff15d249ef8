import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { chatCompletions } from './chat-completions.ts';
import { generateContent } from './generate-content.ts';
import { messages } from './messages.ts';
import { responses } from './responses.ts';
import { SCENARIOS, scenarioIn, type Scenario, type Step } from './scenarios.ts';
import type { Asked, Body, Wire } from './wire.ts';

const WIRES = [responses, messages, generateContent, chatCompletions];
/** How programs tell their model where they work. */
const FOLDER = /(?:working directory|workspace director(?:y|ies))[^/]{0,60}?(\/[^\s"'`\\<,]+)/i;

/** A question to the model that was about work. */
export interface Question {
  scenario: Scenario;
  /** As it came. */
  text: string;
}

export interface ModelServer {
  url: string;
  questions: readonly Question[];
  /** What went wrong in the server itself: then a case says nothing of the program. */
  complaints: readonly string[];
  /** When a quota that is used up is said to be back. */
  resetsAt: Date;
  /** Lets every answer go on that waits. */
  letGoOn(): void;
  close(): Promise<void>;
}

/** A model on 127.0.0.1 that speaks four wires and does what the scenario says that the task names. */
export async function startModelServer(): Promise<ModelServer> {
  const questions: Question[] = [];
  const complaints: string[] = [];
  const resetsAt = new Date((Math.ceil(Date.now() / 1000) + 6 * 3600) * 1000);
  let waiting: (() => void)[] = [];
  const mayGoOn = (): Promise<void> => new Promise((resolve) => waiting.push(resolve));
  let number = 0;

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = new URL(request.url ?? '/', 'http://model').pathname;
    const wire = WIRES.find((one) => one.owns(path));
    const sent = await text(request);
    if (!wire || request.method !== 'POST')
      return sendJson(response, 404, { error: { message: `Nothing is at ${path}` } });
    const body = JSON.parse(sent) as Body;
    const asked = wire.read(body, path);
    // Questions of the programs' own: a title, a check of the connection. They may be about no task, or sum one up.
    if (!asked.isStreamed) return sendJson(response, 200, wire.aside(body));
    const held = { wire, body, asked, number: (number += 1), folder: FOLDER.exec(sent)?.[1] ?? '.' };
    const scenario = asked.tools.length === 0 ? null : scenarioIn(sent);
    if (scenario === null) return take({ kind: 'say', text: 'A title' }, held, response);
    questions.push({ scenario, text: sent });
    const steps: readonly Step[] = SCENARIOS[scenario];
    const step = steps[Math.min(asked.toolAnswers, steps.length - 1)];
    if (step) await take(step, held, response);
  };

  const take = async (step: Step, held: Held, response: ServerResponse): Promise<void> => {
    if (step.kind === 'wait') {
      await mayGoOn();
      return take(step.then, held, response);
    }
    if (step.kind === 'fail') {
      const { status, body, headers } = held.wire.fail(step.fault, resetsAt.getTime() / 1000);
      return sendJson(response, status, body, headers);
    }
    play(step, held, response);
  };

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      complaints.push(error instanceof Error ? error.message : String(error));
      response.destroy();
    });
  });
  // Codex tries a WebSocket first, and takes this as word that there is none.
  server.on('upgrade', (_request, socket) => socket.end('HTTP/1.1 426 Upgrade Required\r\ncontent-length: 0\r\n\r\n'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    questions,
    complaints,
    resetsAt,
    letGoOn() {
      for (const goOn of waiting) goOn();
      waiting = [];
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

interface Held {
  wire: Wire;
  body: Body;
  asked: Asked;
  number: number;
  folder: string;
}

function play(step: Exclude<Step, { kind: 'wait' | 'fail' }>, held: Held, response: ServerResponse): void {
  const { wire, body, asked, number, folder } = held;
  const answer = wire.open(response, body, number);
  switch (step.kind) {
    case 'refuse':
      return answer.refuse();
    case 'say':
      answer.say(step.text);
      return answer.end();
    case 'work':
      answer.say('I begin.');
      answer.call(wire.callFor(step.job, asked.tools, folder));
      return answer.end();
    case 'hang':
      return answer.say('I begin.');
    case 'cut':
      answer.say('I beg');
      // Once what was written is on its way.
      response.write('', () => response.destroy());
  }
}

function sendJson(response: ServerResponse, status: number, body: Body, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}
