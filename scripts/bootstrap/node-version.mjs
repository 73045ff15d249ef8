// This file must load on any Node.js that knows modules: it is read before anything newer may be used.

const OLDEST_NODE = [20, 19, 0];

/**
 * @param {string} version such as 20.19.0
 * @returns {string | undefined} what to say when it is too old
 */
export function complaintAboutNode(version) {
  const parts = version.split('.').map(Number);
  for (let index = 0; index < OLDEST_NODE.length; index += 1) {
    const found = parts[index] || 0;
    const wanted = OLDEST_NODE[index] || 0;
    if (found > wanted) return undefined;
    if (found < wanted)
      return `Node.js ${OLDEST_NODE.join('.')} or newer is needed, this is ${version}: install it from https://nodejs.org`;
  }
  return undefined;
}
