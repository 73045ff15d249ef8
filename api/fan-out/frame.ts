const FINAL_TEXT = 0x81;
const LENGTH_16 = 126;
const LENGTH_64 = 127;

/**
 * What a server sends for one text: unmasked, in one piece.
 * @source RFC 6455, 5.2
 */
export function textFrame(...parts: readonly Buffer[]): Buffer {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const isSmall = length < LENGTH_16;
  const isMiddling = length <= 0xffff;
  const headLength = isSmall ? 2 : isMiddling ? 4 : 10;
  const frame = Buffer.allocUnsafe(headLength + length);
  frame[0] = FINAL_TEXT;
  frame[1] = isSmall ? length : isMiddling ? LENGTH_16 : LENGTH_64;
  if (!isSmall && isMiddling) frame.writeUInt16BE(length, 2);
  else if (!isSmall) frame.writeBigUInt64BE(BigInt(length), 2);
  let at = headLength;
  for (const part of parts) at += part.copy(frame, at);
  return frame;
}
