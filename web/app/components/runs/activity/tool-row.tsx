import { clsx } from 'clsx';
import {
  Ban,
  Bot,
  Check,
  CircleSlash,
  FileMinus,
  FilePen,
  FilePlus,
  FileText,
  Globe,
  Pencil,
  Search,
  SquareTerminal,
  Wrench,
  X,
  type LucideIcon,
} from 'lucide-react';
import type { ReactNode } from 'react';
import { toolWords } from '#contract/activity-words.ts';
import type { ToolKind, ToolStatus } from '#contract/activity.ts';
import { plainText } from '../console/ansi.ts';
import { Spinner } from '../../ui/spinner.tsx';
import { Elapsed } from '../../ui/time.tsx';
import { Folded, ICON, LINE, type FoldProps } from './folded.tsx';
import type { ToolRow } from './fold-activity.ts';

const KIND_ICONS: Record<ToolRow['toolKind'], LucideIcon> = {
  READ: FileText,
  EDIT: Pencil,
  SEARCH: Search,
  EXECUTE: SquareTerminal,
  FETCH: Globe,
  DELEGATE: Bot,
  OTHER: Wrench,
};
const CHANGES = {
  ADDED: { Icon: FilePlus, word: 'added', tone: 'text-done' },
  CHANGED: { Icon: FilePen, word: 'changed', tone: 'text-muted' },
  REMOVED: { Icon: FileMinus, word: 'removed', tone: 'text-failed' },
} as const;
/** As many are in sight without opening anything. */
const FIRST_CHANGES = 4;

/** A tool call in one line: what, how long, with which outcome; what it answered is one click away. */
export function ToolRowView({ row, isLive, ...fold }: FoldProps & { row: ToolRow; isLive: boolean }) {
  const Icon = KIND_ICONS[row.toolKind];
  const line = <Line row={row} isLive={isLive} />;
  // What the line says already is not said again below it.
  const changes = row.changes.length === 1 && row.changes[0]?.path === row.target ? [] : row.changes;
  const [first, rest] = [changes.slice(0, FIRST_CHANGES), changes.slice(FIRST_CHANGES)];
  const isFoldable = row.output !== null || rest.length > 0 || isLong(row);
  return (
    <>
      {isFoldable ? (
        <Folded {...fold} icon={<Icon aria-hidden />} line={line}>
          <Details row={row} changes={rest} />
        </Folded>
      ) : (
        <div className={LINE}>
          <span className={clsx(ICON, 'text-faint')}>
            <Icon aria-hidden />
          </span>
          {line}
          <span aria-hidden className="w-3.5 shrink-0" />
        </div>
      )}
      {first.length > 0 ? <Changes changes={first} more={fold.isOpen ? 0 : rest.length} /> : null}
    </>
  );
}

function Line({ row, isLive }: { row: ToolRow; isLive: boolean }) {
  const { verb, about } = toolWords({
    name: row.name,
    toolKind: row.toolKind.toLowerCase() as ToolKind,
    status: row.status.toLowerCase() as ToolStatus,
    target: row.target,
  });
  const [change] = row.changes.length === 1 ? row.changes : [];
  const isOfTarget = change?.path === row.target && change?.change !== 'CHANGED';
  return (
    <>
      <span className="min-w-0 flex-1 truncate">
        <span className="text-muted">{verb}</span>{' '}
        {about === null ? null : <span className="font-mono text-xs">{plainText(about)}</span>}{' '}
        {row.toolKind === 'OTHER' && row.target ? (
          <span className="font-mono text-xs text-faint">{plainText(row.target)}</span>
        ) : null}{' '}
        {change && isOfTarget ? (
          <span className={clsx('text-xs', CHANGES[change.change].tone)}>{CHANGES[change.change].word}</span>
        ) : null}
      </span>
      <Outcome row={row} isLive={isLive} />
      {row.startedAt && (row.endedAt || isLive) ? (
        <Elapsed
          since={row.startedAt}
          until={row.endedAt}
          className="w-9 shrink-0 text-right font-mono text-2xs text-faint"
        />
      ) : (
        <span className="w-9 shrink-0" />
      )}
    </>
  );
}

function Outcome({ row: { status, exitCode }, isLive }: { row: ToolRow; isLive: boolean }) {
  if (status === 'RUNNING' && isLive)
    return (
      <Said icon={<Spinner />} tone="text-in-progress" isQuiet>
        running
      </Said>
    );
  // The run has ended, and nobody said how this did.
  if (status === 'RUNNING')
    return (
      <Said icon={<CircleSlash aria-hidden />} tone="text-canceled">
        not finished
      </Said>
    );
  if (status === 'DENIED')
    return (
      // That it was not allowed stands at the start of the line.
      <Said icon={<Ban aria-hidden />} tone="text-blocked" isQuiet>
        denied
      </Said>
    );
  if (status === 'FAILED')
    return (
      <Said icon={<X aria-hidden />} tone="text-failed">
        {exitCode === null ? 'failed' : `failed, exit ${exitCode}`}
      </Said>
    );
  return (
    <Said icon={<Check aria-hidden />} tone="text-done" isQuiet>
      done
    </Said>
  );
}

/** @param isQuiet what is as it should be is said by its icon; the word is there for who does not see it */
function Said(props: { icon: ReactNode; tone: string; isQuiet?: boolean; children: ReactNode }) {
  return (
    <span className={clsx('flex shrink-0 items-center gap-1 text-xs [&_svg]:size-3.5', props.tone)}>
      {props.icon}
      <span className={props.isQuiet ? 'sr-only' : undefined}>{props.children}</span>
    </span>
  );
}

function Changes({ changes, more }: { changes: ToolRow['changes']; more: number }) {
  return (
    <ul className="pb-1.5 pl-8.5 pr-3">
      {changes.map(({ path, change }) => {
        const { Icon, word, tone } = CHANGES[change];
        return (
          <li key={path} className="flex items-center gap-1.5 text-xs">
            <Icon aria-hidden className={clsx('size-3 shrink-0', tone)} />
            <span className="truncate font-mono text-muted" title={path}>
              {plainText(path)}
            </span>
            <span className={clsx('shrink-0', change === 'CHANGED' ? 'sr-only' : tone)}>{word}</span>
          </li>
        );
      })}
      {more > 0 ? <li className="text-xs text-faint">{`and ${more} more`}</li> : null}
    </ul>
  );
}

function Details({ row, changes }: { row: ToolRow; changes: ToolRow['changes'] }) {
  return (
    <div className="space-y-1.5">
      {row.target && isLong(row) ? <Block text={row.target} /> : null}
      {row.output === null ? null : <Block text={row.output} isOutput />}
      {changes.length > 0 ? <Changes changes={changes} more={0} /> : null}
    </div>
  );
}

function Block({ text, isOutput = false }: { text: string; isOutput?: boolean }) {
  return (
    <pre
      className={clsx(
        'max-h-80 overflow-auto overscroll-contain rounded-control px-2.5 py-1.5 font-mono text-xs whitespace-pre-wrap [overflow-wrap:anywhere]',
        isOutput ? 'border border-line bg-raised' : 'bg-active',
      )}
    >
      {plainText(text)}
    </pre>
  );
}

/** What may not fit into the line can be opened. */
function isLong({ target }: ToolRow): boolean {
  return target !== null && (target.length > 40 || target.includes('\n'));
}
