import { clsx } from 'clsx';
import { Folder } from 'lucide-react';
import type { DiffFile, FileChange } from './parse-diff.ts';

const LETTERS: Record<FileChange, { letter: string; className: string; word: string }> = {
  added: { letter: 'A', className: 'text-done', word: 'added' },
  removed: { letter: 'D', className: 'text-failed', word: 'removed' },
  renamed: { letter: 'R', className: 'text-in-progress', word: 'renamed' },
  changed: { letter: 'M', className: 'text-blocked', word: 'changed' },
};

/** The files of a diff under their folders. */
export function FileTree({ files, onChoose }: { files: readonly DiffFile[]; onChoose(index: number): void }) {
  const folders = new Map<string, { file: DiffFile; index: number }[]>();
  files.forEach((file, index) => {
    const folder = file.path.includes('/') ? file.path.slice(0, file.path.lastIndexOf('/')) : '';
    folders.set(folder, [...(folders.get(folder) ?? []), { file, index }]);
  });
  return (
    <nav
      aria-label="Changed files"
      className="hidden w-60 shrink-0 overflow-y-auto overscroll-contain border-r border-line p-2 md:block"
    >
      {[...folders]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([folder, entries]) => (
          <div key={folder} className="mb-1">
            {folder ? (
              <p className="flex items-center gap-1.5 px-2 py-1 text-xs text-muted" title={folder}>
                <Folder aria-hidden className="size-3 shrink-0 text-faint" />
                <span className="truncate">{folder}</span>
              </p>
            ) : null}
            <ul>
              {entries.map(({ file, index }) => {
                const { letter, className, word } = LETTERS[file.change];
                return (
                  <li key={index}>
                    <button
                      type="button"
                      onClick={() => onChoose(index)}
                      title={file.path}
                      className={clsx(
                        'flex h-7 w-full items-center gap-2 rounded-control pr-2 text-left text-dense hover:bg-hover',
                        folder ? 'pl-6' : 'pl-2',
                      )}
                    >
                      <span className="min-w-0 flex-1 truncate">{file.path.split('/').at(-1)}</span>
                      <span className={clsx('shrink-0 font-mono text-2xs', className)} title={word}>
                        {letter}
                        <span className="sr-only"> {word}</span>
                      </span>
                    </button>
                  </li>
                );
              })}
            </ul>
          </div>
        ))}
    </nav>
  );
}
