import type { ToolKind } from '#contract/activity.ts';
import { isDenied, isNotice, sessionFailure } from '../acp.ts';
import { listOf, objectOf, textOf, type Event } from '../reading.ts';
import { errorWords, type EventTeller } from './event-teller.ts';
import { planStepsOf } from './plan-steps.ts';
import { tellClaude } from './tell-claude.ts';
import type { ActivityTeller, CallNews } from './teller.ts';
import { targetOf, textIn } from './tools.ts';

const KINDS = new Map<unknown, ToolKind>([
  ['read', 'read'],
  ['edit', 'edit'],
  ['delete', 'edit'],
  ['move', 'edit'],
  ['search', 'search'],
  ['execute', 'execute'],
  ['fetch', 'fetch'],
]);
const STATUSES = new Map<unknown, NonNullable<CallNews['status']>>([
  ['pending', 'running'],
  ['in_progress', 'running'],
  ['completed', 'done'],
  ['failed', 'failed'],
]);

/** What the messages before have said. */
interface Heard {
  /** What comes before its session stands is an old one's history, told again. */
  isOpen: boolean;
  agent: string;
  messageId: string | null;
  /** Thoughts come in pieces as well, and are told whole. */
  thought: string;
}

/** The Agent Client Protocol, as a live agent speaks it. */
export function acpTeller(): EventTeller {
  const heard: Heard = { isOpen: false, agent: '', messageId: null, thought: '' };
  return (teller, event) => {
    if (event['jsonrpc'] !== '2.0') return false;
    const params = objectOf(event['params']);
    if (event['method'] === undefined) tellAnswer(teller, heard, event);
    else if (!heard.isOpen) return true;
    else if (event['method'] === 'session/update') return tellUpdate(teller, heard, objectOf(params['update']));
    else if (event['method'] === 'session/request_permission') tellCall(teller, heard, objectOf(params['toolCall']));
    else if (event['method'] === '_claude/sdkMessage') tellRaw(teller, objectOf(params['message']));
    return true;
  };
}

function tellAnswer(teller: ActivityTeller, heard: Heard, event: Event): void {
  endTexts(teller, heard);
  const result = objectOf(event['result']);
  if (event['error'] !== undefined) teller.warning(errorWords(event['error']));
  else if ('protocolVersion' in result)
    heard.agent = (textOf(objectOf(result['agentInfo'])['name']) ?? '').toLowerCase();
  else heard.isOpen = true;
  teller.warning(textOf(sessionFailure(result)?.['title']));
}

/** Of what Claude itself says only that which its adapter leaves out. */
function tellRaw(teller: ActivityTeller, message: Event): void {
  if (message['type'] === 'rate_limit_event' || message['subtype'] === 'api_retry') tellClaude(teller, message);
}

function tellUpdate(teller: ActivityTeller, heard: Heard, update: Event): boolean {
  const text = textOf(objectOf(update['content'])['text']);
  switch (update['sessionUpdate']) {
    case 'agent_message_chunk':
      tellPiece(teller, heard, update, text);
      return true;
    case 'agent_thought_chunk':
      teller.endOfPieces();
      heard.thought += text ?? '';
      return true;
    case 'tool_call':
    case 'tool_call_update':
      tellCall(teller, heard, update);
      return true;
    case 'plan':
      endTexts(teller, heard);
      teller.plan(planStepsOf(update['entries']));
      return true;
    case 'session_info_update': {
      const { error } = objectOf(objectOf(update['_meta'])['codex']);
      if (error !== undefined) teller.retry(errorWords(error));
      return true;
    }
    case 'usage_update':
    case 'user_message_chunk':
    case 'available_commands_update':
    case 'current_mode_update':
    case 'config_option_update':
      return true;
    default:
      return false;
  }
}

function tellPiece(teller: ActivityTeller, heard: Heard, update: Event, text: string | null): void {
  const id = textOf(update['messageId']);
  const isSame = id === heard.messageId && heard.thought === '';
  if (!isSame) endTexts(teller, heard);
  heard.messageId = id;
  if (text === null) return;
  if (isNotice(heard.agent, update)) teller.warning(text);
  else teller.piece(text);
}

function endTexts(teller: ActivityTeller, heard: Heard): void {
  teller.endOfPieces();
  teller.thought(heard.thought);
  heard.thought = '';
}

function tellCall(teller: ActivityTeller, heard: Heard, call: Event): void {
  const id = textOf(call['toolCallId']);
  if (id === null) return;
  endTexts(teller, heard);
  const meta = objectOf(call['_meta']);
  const toolKind = KINDS.get(call['kind']);
  const status = STATUSES.get(call['status']);
  const place = textOf(objectOf(listOf(call['locations'])[0])['path']);
  const diffs = listOf(call['content'])
    .map(objectOf)
    .filter((part) => part['type'] === 'diff');
  const raw = objectOf(call['rawOutput']);
  teller.call(id, {
    name: textOf(objectOf(meta['claudeCode'])['toolName']) ?? textOf(call['name']) ?? textOf(call['title']),
    ...(toolKind === undefined ? {} : { toolKind }),
    ...(status === undefined ? {} : { status: status === 'failed' && isDenied(call) ? 'denied' : status }),
    target: targetOf(toolKind ?? 'other', objectOf(call['rawInput'])) ?? place,
    output: status === 'done' || status === 'failed' ? outputOf(call, raw) : null,
    exitCode: objectOf(meta['terminal_exit'])['exit_code'] ?? objectOf(raw['metadata'])['exit'],
    ...(diffs.length === 0 ? {} : { changes: diffs.map(changeOf) }),
  });
}

function outputOf(call: Event, raw: Event): string | null {
  const parts = listOf(call['content']).map((part) => objectOf(part)['content']);
  return textIn(call['rawOutput']) ?? textOf(raw['output']) ?? textOf(raw['error']) ?? textIn(parts);
}

function changeOf(diff: Event): NonNullable<CallNews['changes']>[number] {
  const isNew = textOf(diff['oldText']) === null;
  return { path: textOf(diff['path']) ?? '', change: isNew ? 'added' : 'changed' };
}
