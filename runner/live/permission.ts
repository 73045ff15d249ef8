import { cutText } from '#contract/cut-text.ts';
import {
  MAX_PERMISSION_DETAIL_CHARS,
  MAX_PERMISSION_TARGET_CHARS,
  MAX_PERMISSION_TITLE_CHARS,
  type PermissionDecision,
} from '#contract/run-input.ts';
import type { Masker } from '../logs/mask.ts';
import { listOf, objectOf, textOf, type Event } from '../readers/reading.ts';
import type { Asked } from './conversation.ts';
import { answerLine } from './rpc.ts';

/** How a question of the agent is put to people. */
export interface PermissionQuestion {
  /** The same for the same question, also for a runner that comes back. */
  key: string;
  title: string;
  toolKind: string;
  target: string | null;
  detail: string | null;
}

/** @param asked a `session/request_permission` of the agent. Its words are masked before they are cut. */
export function questionOf(asked: Asked, masker: Masker): PermissionQuestion {
  const call = objectOf(asked.params['toolCall']);
  const input = objectOf(call['rawInput']);
  const command = textOf(input['command']);
  const path = textOf(objectOf(listOf(call['locations'])[0])['path']) ?? textOf(input['file_path']);
  const words = (text: string | null, maxChars: number): string | null =>
    text === null ? null : cutText(masker.mask(text), maxChars, '…');
  return {
    key: `request ${JSON.stringify(asked.id)}`,
    title: words(textOf(call['title']), MAX_PERMISSION_TITLE_CHARS) ?? 'The agent asks for a permission',
    toolKind: textOf(call['kind']) ?? 'other',
    target: words(command ?? path, MAX_PERMISSION_TARGET_CHARS),
    detail: words(detailOf(call, command), MAX_PERMISSION_DETAIL_CHARS),
  };
}

/**
 * The answer for this one time. "Always" is never chosen, as it writes rules that outlive the run; an agent that does
 * not offer what was decided hears that its question is canceled, which allows nothing.
 */
export function decisionLine(asked: Asked, decision: PermissionDecision): string {
  const wanted = decision === 'allow_once' ? 'allow_once' : 'reject_once';
  const option = listOf(asked.params['options'])
    .map(objectOf)
    .find((one) => one['kind'] === wanted);
  const optionId = textOf(option?.['optionId']);
  return optionId === null ? cancelLine(asked) : answerLine(asked.id, { outcome: { outcome: 'selected', optionId } });
}

/** Its turn is canceled: nobody will answer. */
export function cancelLine(asked: Asked): string {
  return answerLine(asked.id, { outcome: { outcome: 'cancelled' } });
}

/** People decide by it: the diffs, else the whole command, else what the tool was given. */
function detailOf(call: Event, command: string | null): string | null {
  const diffs = listOf(call['content'])
    .map(objectOf)
    .filter((part) => part['type'] === 'diff')
    .map(diffInWords);
  if (diffs.length > 0) return diffs.join('\n');
  if (command !== null) return command;
  const input = objectOf(call['rawInput']);
  return Object.keys(input).length === 0 ? null : JSON.stringify(input, null, 2);
}

function diffInWords(diff: Event): string {
  const lines = (text: unknown, sign: string): string[] =>
    (textOf(text)?.replace(/\n$/, '').split('\n') ?? []).map((line) => sign + line);
  return [textOf(diff['path']) ?? '', ...lines(diff['oldText'], '-'), ...lines(diff['newText'], '+')].join('\n');
}
