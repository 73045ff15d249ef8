import { GitError, type Git, type GitCall } from './git.ts';

/**
 * The contents of blobs, in their order, all by one program. For small ones: they are held in memory together.
 * @throws GitError when one is missing
 */
export async function readBlobs(git: Git, call: GitCall, blobs: readonly string[]): Promise<Buffer[]> {
  if (blobs.length === 0) return [];
  const args = ['cat-file', '--batch'];
  const { bytes } = await git.ask(args, { ...call, input: blobs.map((blob) => `${blob}\n`).join('') });
  let at = 0;
  return blobs.map((blob) => {
    const endOfLine = bytes.indexOf('\n', at);
    const [, type, size] = bytes.toString('latin1', at, endOfLine).split(' ');
    // Git goes on after one that it does not have.
    if (type !== 'blob') throw new GitError(args, 0, `missing blob ${blob}`);
    const start = endOfLine + 1;
    const end = start + Number(size);
    at = end + 1;
    return bytes.subarray(start, end);
  });
}
