import { useMemo } from 'react';
import { DiffFileView } from '../runs/review/diff-file-view.tsx';
import { parseDiff } from '../runs/review/parse-diff.ts';

const HEAD = 'diff --git a/state.yaml b/state.yaml\n';

/** What differs between two texts of the document. @param same what is said when nothing does */
export default function StateDiff({ text, same }: { text: string; same: string }) {
  const file = useMemo(() => parseDiff(text.startsWith('diff --git ') ? text : HEAD + text)[0], [text]);
  if (!file || file.hunks.length === 0) return <p className="px-4 py-3 text-muted sm:px-6">{same}</p>;
  return <DiffFileView id="state" file={file} mode="unified" />;
}
