import { useMemo } from 'react';
import { DiffFileView } from '../review/diff-file-view.tsx';
import { parseDiff } from '../review/parse-diff.ts';

const HEAD = 'diff --git a/state.yaml b/state.yaml\n';

/** What changed between two versions of the document. */
export default function StateDiff({ text }: { text: string }) {
  const file = useMemo(() => parseDiff(text.startsWith('diff --git ') ? text : HEAD + text)[0], [text]);
  if (!file || file.hunks.length === 0)
    return <p className="px-4 py-3 text-muted sm:px-6">Nothing changed between these versions.</p>;
  return <DiffFileView id="state" file={file} mode="unified" />;
}
