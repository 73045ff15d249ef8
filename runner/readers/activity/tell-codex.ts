import { TRIES_AGAIN } from '../codex.ts';
import { listOf, objectOf, textOf, type Event } from '../reading.ts';
import { errorWords } from './event-teller.ts';
import { planStepsOf } from './plan-steps.ts';
import type { ActivityTeller, CallNews } from './teller.ts';
import { targetOf, textIn, toolKindOf } from './tools.ts';

const CALLS = new Set([
  'command_execution',
  'file_change',
  'mcp_tool_call',
  'web_search',
  'collab_tool_call',
  'local_shell_call',
]);
const STATUSES = new Map<unknown, NonNullable<CallNews['status']>>([
  ['in_progress', 'running'],
  ['completed', 'done'],
  ['failed', 'failed'],
  ['declined', 'denied'],
]);

/** A command as it is handed to a shell, and what a long one is not searched for. */
const IN_A_SHELL = /^\S*sh -l?c (?:'([^']*)'|"((?:[^"\\]|\\.)*)")$/s;
const MAX_UNWRAPPED_CHARS = 4_000;

/** `codex exec --json` */
export function tellCodex(teller: ActivityTeller, event: Event): boolean {
  const type = textOf(event['type']);
  switch (type) {
    case 'thread.started':
    case 'turn.started':
    case 'turn.completed':
      return true;
    case 'item.started':
    case 'item.updated':
    case 'item.completed':
      tellItem(teller, objectOf(event['item']), type === 'item.completed');
      return true;
    case 'error': {
      const words = errorWords({ message: event['message'], error: event['error'] });
      if (TRIES_AGAIN.test(words ?? '')) teller.retry(words);
      else teller.warning(words);
      return true;
    }
    case 'turn.failed':
    case 'turn.aborted':
      teller.warning(errorWords({ message: event['message'], error: event['error'] }));
      return true;
    default:
      return false;
  }
}

function tellItem(teller: ActivityTeller, item: Event, isDone: boolean): void {
  const type = textOf(item['type']) ?? textOf(item['item_type']) ?? 'item';
  const id = textOf(item['id']);
  switch (type) {
    case 'agent_message':
    case 'assistant_message':
      if (isDone) teller.message(textOf(item['text']));
      break;
    case 'reasoning':
      if (isDone) teller.thought(textOf(item['text']) ?? textIn(item['summary']));
      break;
    case 'error':
      if (isDone) teller.warning(errorWords({ message: item['message'] }));
      break;
    case 'todo_list':
    case 'plan':
      teller.plan(planStepsOf(item['items'] ?? item['plan'] ?? item['steps']));
      break;
    default:
      if (CALLS.has(type)) teller.call(id ?? type, callNews(type, item, isDone));
      else teller.other(id, type, item);
  }
}

function callNews(type: string, item: Event, isDone: boolean): CallNews {
  const name = type === 'mcp_tool_call' ? mcpName(item) : type;
  const changes = listOf(item['changes']).map(objectOf);
  const path = changes.length === 1 ? textOf(changes[0]?.['path']) : null;
  return {
    name,
    status: STATUSES.get(item['status']) ?? (isDone ? 'done' : 'running'),
    target: path ?? commandOf(item) ?? targetOf(toolKindOf(name), { ...objectOf(item['arguments']), ...item }),
    output: textIn(item['aggregated_output']) ?? textIn(objectOf(item['result'])['content']) ?? errorOf(item),
    exitCode: item['exit_code'],
    changes: changes.map((change) => ({
      path: textOf(change['path']) ?? '',
      change: change['kind'] === 'add' ? 'added' : change['kind'] === 'delete' ? 'removed' : 'changed',
    })),
  };
}

/** Each command comes as one for a shell: what the agent wants is what that one is given. */
function commandOf(item: Event): string | null {
  const command = textOf(item['command']);
  if (command === null || command.length > MAX_UNWRAPPED_CHARS) return command;
  const [, plain, quoted] = IN_A_SHELL.exec(command) ?? [];
  return plain ?? quoted?.replace(/\\(["\\$`])/g, '$1') ?? command;
}

function mcpName(item: Event): string {
  return [textOf(item['server']), textOf(item['tool'])].filter((part) => part !== null).join('.') || 'mcp_tool_call';
}

function errorOf(item: Event): string | null {
  return item['error'] ? errorWords({ error: item['error'] }) : null;
}
