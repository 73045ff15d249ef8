import { expect, test } from 'vitest';

const { speechTokens } = (await import(new URL('./speech-tokens.mjs', import.meta.url).href)) as {
  speechTokens(source: string): string;
};

const VOCABULARY = ['<unk>', '<0x0A>', '<0xFF>', '▁t', 'ü'];

test('each token is its bytes and its number, and those that the vocabulary lacks are special ones', () => {
  const source = `// words\nconst llama_vocab_base64 = "${Buffer.from(VOCABULARY.join('\n')).toString('base64')}";\nother();`;
  const lines = speechTokens(source).split('\n');
  expect(lines).toHaveLength(32_768 + 1);
  expect(lines.at(-1)).toBe('');
  const bytes = lines.slice(0, 7).map((line) => Buffer.from(line.split(' ')[0] ?? '', 'base64'));
  expect(bytes).toEqual([
    Buffer.from('<unk>'),
    Buffer.from([0x0a]),
    Buffer.from([0xff]),
    Buffer.from('▁t'),
    Buffer.from('ü'),
    Buffer.from('<<ST_0>>'),
    Buffer.from('<<ST_1>>'),
  ]);
  expect(lines[32_767]).toBe(`${Buffer.from('<<ST_32762>>').toString('base64')} 32767`);
});

test('a source without a vocabulary is refused', () => {
  expect(() => speechTokens('const other = "AAAA";')).toThrow('found none');
});
