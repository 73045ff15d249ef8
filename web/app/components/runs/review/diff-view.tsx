import { useMemo } from 'react';
import { usePreferences } from '~/lib/use-preferences.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { Segmented } from '../../ui/segmented.tsx';
import { DiffFileView } from './diff-file-view.tsx';
import { DiffStat } from './diff-stat.tsx';
import { FileTree } from './file-tree.tsx';
import { parseDiff } from './parse-diff.ts';

/** A whole diff: its files on the left, their changes on the right. Loaded when first needed. */
export default function DiffView({ text, isNarrow }: { text: string; isNarrow: boolean }) {
  const files = useMemo(() => parseDiff(text), [text]);
  const { preferences, setPreferences } = usePreferences();
  if (files.length === 0)
    return <EmptyState title="Nothing changed" text="The run ended without a change to any file." />;
  const mode = isNarrow ? 'unified' : preferences.diffMode;
  const anchor = (index: number): string => `file-${index}`;
  return (
    <div className="flex min-h-0 flex-1">
      {isNarrow ? null : (
        <FileTree
          files={files}
          onChoose={(index) => document.getElementById(anchor(index))?.scrollIntoView({ block: 'start' })}
        />
      )}
      <div className="min-w-0 flex-1 overflow-y-auto overscroll-contain bg-canvas">
        <div className="flex h-11 items-center gap-3 border-b border-line px-4 text-dense text-muted">
          {files.length} {files.length === 1 ? 'file' : 'files'}
          <DiffStat
            additions={files.reduce((sum, f) => sum + f.additions, 0)}
            deletions={files.reduce((sum, f) => sum + f.deletions, 0)}
          />
          {isNarrow ? null : (
            <Segmented
              label="How changes are shown"
              className="ml-auto"
              value={preferences.diffMode}
              onChange={(diffMode) => setPreferences({ diffMode })}
              options={[
                { value: 'unified', label: 'Unified' },
                { value: 'split', label: 'Split' },
              ]}
            />
          )}
        </div>
        {files.map((file, index) => (
          <DiffFileView key={`${file.path} ${index}`} id={anchor(index)} file={file} mode={mode} />
        ))}
      </div>
    </div>
  );
}
