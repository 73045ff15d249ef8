import type { IncomingMessage } from 'node:http';

/**
 * The path a request asks for; null for a target that is none, such as `//`, which URL refuses by throwing: in an
 * event listener that would end the process.
 */
export function pathOf(request: IncomingMessage): string | null {
  const target = request.url ?? '/';
  return URL.canParse(target, 'http://localhost') ? new URL(target, 'http://localhost').pathname : null;
}
