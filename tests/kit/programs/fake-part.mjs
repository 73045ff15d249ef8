/**
 * A part of a system, as its supervisor sees it: `fake-part.mjs KIND FILE MARK`, MARK being
 * there to be found by.
 * program: leaves on SIGTERM and when its standard input ends, writing which into FILE, and logs what it hears there.
 * lively: the same, and gives signs of life; SIGUSR2 makes it turn in a circle.
 * needy: the same, but ends with code 3, saying why, as long as FILE exists.
 * service: knows only SIGINT. group: has a child of its own.
 */
import { spawn } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { SIGN_OF_LIFE } from '../../../scripts/bootstrap/sign-of-life.mjs';

const [kind, file, mark] = process.argv.slice(2);
const say = (msg) => console.log(JSON.stringify({ level: 'info', msg }));

if (kind === 'needy' && existsSync(file)) {
  console.log(JSON.stringify({ level: 'fatal', msg: `it is in the way: ${file}` }));
  process.exit(3);
}
const leave = (why) => {
  if (kind === 'program' && file) writeFileSync(file, why);
  process.exit(0);
};
process.stdout.on('error', () => undefined);
if (kind === 'service') {
  process.on('SIGINT', () => leave('SIGINT'));
  process.on('SIGTERM', () => undefined);
} else if (kind !== 'group') {
  process.on('SIGTERM', () => leave('SIGTERM'));
  process.stdin
    .setEncoding('utf8')
    .on('data', (text) => say(`heard ${text.trim()}`))
    .on('end', () => leave('the supervisor is gone'));
}
if (kind === 'lively') {
  setInterval(() => console.log(SIGN_OF_LIFE), 50);
  process.on('SIGUSR2', () => {
    for (;;);
  });
}
if (kind === 'group')
  spawn(process.execPath, [fileURLToPath(import.meta.url), 'program', '', mark], {
    stdio: ['pipe', 'ignore', 'ignore'],
  });
setInterval(() => undefined, 60_000);
say('ready');
