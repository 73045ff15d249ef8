/** How many tokens the speech model knows: Llama's, and special ones of its own behind them. */
const TOKEN_COUNT = 32_768;
const VOCABULARY = /const llama_vocab_base64 = "([A-Za-z0-9+/=]+)"/;
const BYTE_TOKEN = /^<0x([0-9A-F]{2})>$/;

/**
 * The tokens of the speech model in the form that sherpa-onnx reads: a line for each, its bytes in base64 and its number.
 * The source is read and not run: it comes from outside.
 * @param {string} source llama-tokenizer.js, which holds the vocabulary as text
 * @returns {string}
 * @throws {Error} when it holds none
 */
export function speechTokens(source) {
  const encoded = VOCABULARY.exec(source)?.[1];
  if (encoded === undefined) throw new Error('Expected a vocabulary in the tokenizer, and found none');
  const known = Buffer.from(encoded, 'base64').toString('utf8').split('\n');
  const lines = Array.from({ length: TOKEN_COUNT }, (_none, id) => {
    const token = known[id] ?? `<<ST_${id - known.length}>>`;
    const byte = BYTE_TOKEN.exec(token)?.[1];
    const bytes = byte === undefined ? Buffer.from(token) : Buffer.from(byte, 'hex');
    return `${bytes.toString('base64')} ${id}\n`;
  });
  return lines.join('');
}
