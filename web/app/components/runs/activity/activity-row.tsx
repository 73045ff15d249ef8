import { clsx } from 'clsx';
import { Brain, Braces, Circle, CircleCheck, CircleDot, Hourglass, TriangleAlert } from 'lucide-react';
import { memo, type ReactNode } from 'react';
import { cutText } from '#contract/cut-text.ts';
import { countText } from '~/lib/count-text.ts';
import { plainText } from '../console/ansi.ts';
import { Markdown } from '../../ui/markdown.tsx';
import { Folded, ICON, LINE, type FoldProps } from './folded.tsx';
import type { ActivityRow, OthersRow, PlanRow } from './fold-activity.ts';
import { ToolRowView } from './tool-row.tsx';

/** More does not fit into a line. */
const MAX_LINE_CHARS = 200;

/** One thing that an agent says or does. */
export const ActivityRowView = memo(
  function ActivityRowView({ row, isLive, ...fold }: FoldProps & { row: ActivityRow; isLive: boolean }) {
    switch (row.kind) {
      case 'MESSAGE':
        return <Markdown text={row.text} className="max-w-[88ch] px-3 py-2 text-dense" />;
      case 'THOUGHT':
        return (
          <Folded {...fold} icon={<Brain aria-hidden />} line={<Thought text={row.text} />}>
            <Markdown text={row.text} className="max-w-[88ch] text-dense text-muted italic" />
          </Folded>
        );
      case 'TOOL':
        return <ToolRowView row={row} isLive={isLive} {...fold} />;
      case 'PLAN':
        return <Plan row={row} />;
      case 'WARNING':
        return <Note icon={<TriangleAlert aria-hidden />} tone="text-blocked" word="Warning" text={row.text} />;
      case 'RETRY':
        return <Note icon={<Hourglass aria-hidden />} tone="text-muted" word="Tries again" text={row.text} />;
      case 'OTHER':
        return <Others row={row} {...fold} />;
    }
  },
  // The function that opens a row is another one each time, and does the same.
  (before, after) => before.row === after.row && before.isOpen === after.isOpen && before.isLive === after.isLive,
);

function Thought({ text }: { text: string }) {
  return (
    <span className="min-w-0 flex-1 truncate text-muted">
      Thought{' '}
      <span className="text-faint italic">
        {/* Headings of thoughts stand between stars. */}
        {plainText(cutText(text.trimStart(), MAX_LINE_CHARS)).replaceAll('**', '')}
      </span>
    </span>
  );
}

function Note({ icon, tone, word, text }: { icon: ReactNode; tone: string; word: string; text: string }) {
  return (
    <div className={clsx(LINE, 'items-start!', tone)}>
      <span className={clsx(ICON, 'mt-1')}>{icon}</span>
      <p className="title-wrap min-w-0 flex-1 py-0.5 text-xs whitespace-pre-wrap">
        <span className="font-medium">{word}:</span> {plainText(text)}
      </p>
    </div>
  );
}

const STEPS = {
  PENDING: { icon: <Circle aria-hidden />, tone: 'text-muted', word: 'to do' },
  ACTIVE: { icon: <CircleDot aria-hidden />, tone: 'font-medium text-fg [&_svg]:text-in-progress', word: 'now' },
  DONE: { icon: <CircleCheck aria-hidden />, tone: 'text-faint [&_svg]:text-done', word: 'done' },
} as const;

function Plan({ row: { steps } }: { row: PlanRow }) {
  const done = steps.filter(({ status }) => status === 'DONE').length;
  return (
    <div className="mx-3 my-1.5 max-w-[88ch] rounded-control border border-line bg-raised px-2.5 py-2">
      <p className="text-xs text-muted">
        Plan <span className="tabular text-faint">{`${done} of ${steps.length} done`}</span>
      </p>
      <ul className="mt-1 space-y-0.5">
        {steps.map(({ text, status }, i) => (
          <li key={i} className={clsx('flex items-start gap-2 text-dense', STEPS[status].tone)}>
            <span className={clsx(ICON, 'mt-1')}>{STEPS[status].icon}</span>
            <span className="title-wrap min-w-0">
              {plainText(text)}
              <span className="sr-only">, {STEPS[status].word}</span>
            </span>
          </li>
        ))}
      </ul>
    </div>
  );
}

function Others({ row: { events }, ...fold }: FoldProps & { row: OthersRow }) {
  const names = [...new Set(events.map(({ name }) => name))].join(', ');
  return (
    <Folded
      {...fold}
      icon={<Braces aria-hidden />}
      line={
        <span className="min-w-0 flex-1 truncate text-xs text-faint">
          {countText(events.length, 'other event')}: <span className="font-mono text-2xs">{names}</span>
        </span>
      }
    >
      <ul className="space-y-1">
        {events.map(({ item, name, text }) => (
          <li key={item}>
            <p className="font-mono text-2xs text-muted">{name}</p>
            <pre className="title-wrap font-mono text-2xs whitespace-pre-wrap text-faint">{plainText(text)}</pre>
          </li>
        ))}
      </ul>
    </Folded>
  );
}
