import { expect, test } from 'vitest';
import { sniffAudio } from './sniff-audio.ts';

const bytes = (...parts: (string | number[])[]): Buffer =>
  Buffer.concat([
    ...parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : Buffer.from(part))),
    Buffer.alloc(12),
  ]);

test.each([
  ['webm', bytes([0x1a, 0x45, 0xdf, 0xa3]), 'audio/webm'],
  ['ogg', bytes('OggS'), 'audio/ogg'],
  ['m4a', bytes([0, 0, 0, 0x20], 'ftypM4A '), 'audio/mp4'],
  ['wav', bytes('RIFF', [1, 2, 3, 4], 'WAVEfmt '), 'audio/wav'],
  ['mp3 with tags', bytes('ID3', [4, 0]), 'audio/mpeg'],
  ['mp3 without', bytes([0xff, 0xfb, 0x90, 0x64]), 'audio/mpeg'],
  ['a list of files for ffmpeg', bytes('ffconcat version 1.0\nfile /etc/passwd'), null],
  ['a web page', bytes('<!doctype html><script>'), null],
  ['a video of another container', bytes('RIFF', [1, 2, 3, 4], 'AVI LIST'), null],
  ['text in UTF-16', bytes([0xff, 0xfe], 'h e l l o '), null],
  ['ones only', Buffer.alloc(20, 0xff), null],
  ['too little', Buffer.from('OggS'), null],
])('%s', (_name, start, type) => {
  expect(sniffAudio(start)).toBe(type);
});
