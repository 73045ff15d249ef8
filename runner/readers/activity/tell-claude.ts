import { amountOf, listOf, objectOf, textOf, type Event } from '../reading.ts';
import { errorWords } from './event-teller.ts';
import { planStepsOf } from './plan-steps.ts';
import type { ActivityTeller, CallNews } from './teller.ts';
import { targetOf, textIn, toolKindOf } from './tools.ts';

const EXIT_CODE = /^(?:Error: )?Exit code (\d{1,5})\b/;

/** `claude -p --output-format stream-json --verbose` */
export function tellClaude(teller: ActivityTeller, event: Event): boolean {
  switch (event['type']) {
    case 'system':
      return tellSystem(teller, event);
    case 'assistant':
      tellAssistant(teller, event);
      return true;
    case 'user':
      tellAnswers(teller, event);
      return true;
    case 'rate_limit_event':
      tellLimit(teller, objectOf(event['rate_limit_info']));
      return true;
    case 'result':
      if (event['is_error'] === true)
        teller.warning(
          errorWords({ message: textOf(event['result']) ?? textIn(event['errors']), error: event['error'] }),
        );
      return true;
    // Parts of what comes whole, and signs of life.
    case 'stream_event':
    case 'tool_progress':
    case 'auth_status':
      return true;
    default:
      return false;
  }
}

function tellSystem(teller: ActivityTeller, event: Event): boolean {
  switch (event['subtype']) {
    case 'init':
    case 'status':
      return true;
    case 'api_retry':
      teller.retry(retryWords(event));
      return true;
    case 'permission_denied': {
      const id = textOf(event['tool_use_id']);
      const news: CallNews = { name: textOf(event['tool_name']), status: 'denied', output: textOf(event['message']) };
      if (id !== null) teller.call(id, news);
      return true;
    }
    case 'informational':
    case 'model_refusal_no_fallback':
      teller.warning(textOf(event['content']));
      return true;
    default:
      return false;
  }
}

function tellAssistant(teller: ActivityTeller, event: Event): void {
  const parts = listOf(objectOf(event['message'])['content']).map(objectOf);
  if (event['is_api_error_message'] === true || textOf(event['error']) !== null) {
    teller.warning(textIn(parts) ?? textOf(event['error']));
    return;
  }
  // What one of its helpers says is for the agent, not for people; what it does is shown.
  const isOwn = textOf(event['parent_tool_use_id']) === null;
  for (const part of parts) {
    if (part['type'] === 'text' && isOwn) teller.message(textOf(part['text']));
    if (part['type'] === 'thinking' && isOwn) teller.thought(textOf(part['thinking']));
    if (part['type'] === 'tool_use' || part['type'] === 'server_tool_use') tellCall(teller, part, isOwn);
  }
}

function tellCall(teller: ActivityTeller, part: Event, isOwn: boolean): void {
  const name = textOf(part['name']) ?? 'tool';
  const id = textOf(part['id']) ?? name;
  const input = objectOf(part['input']);
  if (name === 'TodoWrite' && isOwn) {
    teller.ignoreCall(id);
    teller.plan(planStepsOf(input['todos']));
    return;
  }
  teller.call(id, { name, status: 'running', target: targetOf(toolKindOf(name), input) });
}

/** What tools answered. What else stands in the name of the user is the program's own. */
function tellAnswers(teller: ActivityTeller, event: Event): void {
  const parts = listOf(objectOf(event['message'])['content']).map(objectOf);
  const answers = parts.filter((part) => part['type'] === 'tool_result');
  for (const part of answers) {
    const id = textOf(part['tool_use_id']);
    if (id === null) continue;
    const output = textIn(part['content']);
    const isError = part['is_error'] === true;
    const isDenied = teller.statusOf(id) === 'denied' || isRejected(event, id);
    teller.call(id, {
      status: isDenied ? 'denied' : isError ? 'failed' : 'done',
      output,
      exitCode: isError ? Number(EXIT_CODE.exec(output ?? '')?.[1] ?? Number.NaN) : null,
      // It says this of one answer only.
      ...(answers.length === 1 && !isError ? { changes: changesOf(objectOf(event['tool_use_result'])) } : {}),
    });
  }
}

function isRejected(event: Event, id: string): boolean {
  const told = listOf(event['tool_result_meta']).map(objectOf);
  return told.some((meta) => meta['id'] === id && objectOf(meta['permission_decision'])['decision'] === 'reject');
}

function changesOf(result: Event): NonNullable<CallNews['changes']> {
  const path = textOf(result['filePath']);
  if (path === null || !('structuredPatch' in result)) return [];
  return [{ path, change: result['type'] === 'create' ? 'added' : 'changed' }];
}

function tellLimit(teller: ActivityTeller, info: Event): void {
  if (info['status'] === 'rejected') teller.warning(`The limit of use is reached${untilWhen(info['resetsAt'])}.`);
  const used = amountOf(info['utilization']);
  if (info['status'] === 'allowed_warning')
    teller.warning(`${used === null ? 'Much' : `${Math.round(used * 100)} %`} of the limit of use is used up.`);
}

/** @param seconds since 1970 */
function untilWhen(seconds: unknown): string {
  const isTime = typeof seconds === 'number' && seconds > 1e9 && seconds < 1e11;
  return isTime ? ` until ${new Date(seconds * 1_000).toISOString().slice(0, 16).replace('T', ' ')} UTC` : '';
}

function retryWords(event: Event): string {
  const { attempt, max_retries: most } = event;
  const count = typeof attempt === 'number' ? ` ${attempt}${typeof most === 'number' ? ` of ${most}` : ''}` : '';
  const { error_status: status, error } = event;
  const why = [status, error].filter((part) => typeof part === 'number' || typeof part === 'string');
  return `Trying again${count}${why.length === 0 ? '' : `: ${why.join(' ')}`}`;
}
