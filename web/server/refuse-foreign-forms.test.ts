import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { refuseForeignForms } from './refuse-foreign-forms.ts';

const app = express();
app.set('trust proxy', 'loopback');
app.use(refuseForeignForms);
app.all('*', (_req, res) => void res.send('taken'));
const server = createServer(app);
let url: string;
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

const send = (headers: object, method = 'POST') => fetch(url, { method, headers: { ...headers } });
const OURS = { 'x-forwarded-host': 'overmind.test', 'x-forwarded-proto': 'https' };

test.each([
  { 'sec-fetch-site': 'cross-site' },
  { 'sec-fetch-site': 'same-site' },
  { origin: 'null' },
  { origin: 'no origin' },
  { origin: 'http://localhost:4000' },
  { origin: 'http://overmind.test' },
  { 'sec-fetch-site': 'same-origin', origin: 'https://evil.test' },
  {},
])('a form from elsewhere is refused: %j', async (headers) => {
  const response = await send({ ...OURS, ...headers });
  expect(response.status).toBe(403);
  expect(await response.text()).toBe('This form was sent from another site.');
});

test.each([{ 'sec-fetch-site': 'same-origin' }, { origin: 'https://overmind.test' }])(
  'our own form is taken: %j',
  async (headers) => {
    expect((await send({ ...OURS, ...headers })).status).toBe(200);
  },
);

test('a link from elsewhere is followed', async () => {
  expect((await send({ ...OURS, 'sec-fetch-site': 'cross-site' }, 'GET')).status).toBe(200);
});
