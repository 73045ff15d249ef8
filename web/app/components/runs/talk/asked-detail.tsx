import { clsx } from 'clsx';
import type { ReactNode } from 'react';
import { visibleText } from '~/lib/visible-text.ts';

interface AskedDetailProps {
  title: string;
  target: string | null;
  detail: string | null;
}

/** What a question is about: the command as code, a change as a diff. */
export function AskedDetail({ title, target, detail }: AskedDetailProps) {
  const isSaid = target === null || target === title || (detail !== null && detail.includes(target));
  return (
    <>
      {isSaid ? null : <Code label="What it is about">{visibleText(target)}</Code>}
      {detail === null ? null : (
        <Code label="The whole of it">{isDiff(detail) ? <Diff text={detail} /> : visibleText(detail)}</Code>
      )}
    </>
  );
}

function Code({ label, children }: { label: string; children: ReactNode }) {
  return (
    <pre
      role="region"
      aria-label={label}
      tabIndex={0}
      className="max-h-36 overflow-auto sm:max-h-60 rounded-control bg-sunken px-2.5 py-2 font-mono text-xs leading-5 whitespace-pre-wrap wrap-anywhere"
    >
      {children}
    </pre>
  );
}

/** A part of a file, or several: no command begins so. */
const isDiff = (text: string): boolean => /^(?:---|\+\+\+|@@|diff --git) /m.test(text);

function Diff({ text }: { text: string }) {
  return text.split('\n').map((line, i) => (
    <span key={i} className={clsx('block', toneOf(line))}>
      {visibleText(line) || '\u00a0'}
    </span>
  ));
}

function toneOf(line: string): string {
  if (/^(?:---|\+\+\+|@@|diff --git) /.test(line)) return 'text-faint';
  if (line.startsWith('+')) return 'bg-done/12 text-done';
  return line.startsWith('-') ? 'bg-failed/12 text-failed' : '';
}
