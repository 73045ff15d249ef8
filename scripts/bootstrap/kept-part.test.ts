import { expect, test, vi } from 'vitest';

interface Part {
  start(): Promise<void>;
  restart(end: () => Promise<void>): Promise<void>;
}
const load = async (name: string) => (await import(new URL(`./${name}.mjs`, import.meta.url).href)) as unknown;
const { KeptPart } = (await load('kept-part')) as { KeptPart: new (options: object) => Part };
const { SystemStatus } = (await load('system-status')) as { SystemStatus: new () => { parts: Map<string, object> } };

/** A part whose launches end when `end` is called, or do not even begin while `isBroken`. */
function makePart() {
  const state = { launches: 0, isBroken: false, end: (_how: string): void => undefined };
  const told: string[] = [];
  const status = new SystemStatus();
  const part = new KeptPart({
    name: 'api',
    logFile: 'api.log',
    status,
    reason: () => undefined,
    tell: (line: string) => told.push(line),
    stopping: new AbortController().signal,
    pausesMs: [600_000],
    launch: async () => {
      state.launches += 1;
      if (state.isBroken) throw new Error('it is broken');
      return { exited: new Promise<string>((resolve) => (state.end = resolve)) };
    },
  });
  return { part, state, told, status };
}

test('a restart launches it at once, and is no end that anybody is told of', async () => {
  const { part, state, told, status } = makePart();
  await part.start();
  await part.restart(async () => state.end('exit code 0'));
  expect(state.launches).toBe(2);
  expect(told).toEqual([]);
  expect(status.parts.get('api')).toMatchObject({ state: 'running', ends: 0 });
});

test('a restart does not wait for the next try of one that has ended', async () => {
  const { part, state, told, status } = makePart();
  await part.start();
  state.end('exit code 1');
  await vi.waitUntil(() => told.length === 1);
  await part.restart(() => Promise.reject(new Error('there is nothing to end')));
  expect(state.launches).toBe(2);
  expect(status.parts.get('api')).toMatchObject({ state: 'running' });
});

test('one that does not start again is told of, and the next restart has it', async () => {
  const { part, state, told, status } = makePart();
  await part.start();
  state.isBroken = true;
  await part.restart(async () => state.end('exit code 0'));
  expect(told).toEqual([expect.stringContaining('it is broken')]);
  expect(status.parts.get('api')).toMatchObject({ state: 'waiting' });
  state.isBroken = false;
  await part.restart(() => Promise.reject(new Error('there is nothing to end')));
  expect(status.parts.get('api')).toMatchObject({ state: 'running' });
});
