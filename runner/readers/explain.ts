import { AGENT_PROGRAMS } from '#contract/agent-programs.ts';
import { cutText } from '#contract/cut-text.ts';
import type { FailureReason, Outcome } from '../execution/outcome.ts';
import type { AgentProgram } from './event-readers.ts';
import type { Reading, Verdict } from './reading.ts';

/** What a verdict is called as a run's reason. */
const REASONS: Record<Exclude<Verdict, 'ok' | 'unknown'>, FailureReason> = {
  nothing: 'nothing_done',
  refused: 'refused',
  needs_sign_in: 'sign_in_needed',
  quota: 'quota',
  rate_limited: 'rate_limited',
  overloaded: 'overloaded',
  context_full: 'context_full',
  model_unknown: 'model_unknown',
  permission_denied: 'permission_denied',
  max_tokens: 'cut_off',
  crashed: 'agent_crashed',
};

/** Those for which a program that was ended for its silence was waiting. */
const WAITED_FOR: readonly Verdict[] = ['needs_sign_in', 'quota', 'rate_limited', 'overloaded'];
const MAX_DENIALS = 3;
/** Whoever speaks the protocol: which program it is stands in the agent's command. */
const LIVE_AGENT = {
  title: 'The agent',
  signIn: "Sign it in on the runner's machine, or give it its key as a secret.",
};

/** How a run ended, with the agent's own word for it: the exit code alone says too little, and sometimes the wrong thing. */
export function judgeByReading(program: AgentProgram, outcome: Outcome, reading: Reading): Outcome {
  const { verdict, unknownArgument } = reading;
  if (verdict === 'unknown' && outcome.reason === 'exit_code' && unknownArgument !== null) {
    const what = `${programOf(program).title} does not take “${unknownArgument}”: the agent's command does not fit the version that is installed.`;
    return {
      ...outcome,
      message: `${what} Take over its preset in the agent's configuration, or change the command. (${outcome.message})`,
    };
  }
  if (verdict === 'ok' || verdict === 'unknown') return outcome;
  const failed = { status: 'failed', reason: REASONS[verdict], message: explain(program, reading) } as const;
  if (outcome.status === 'completed') return failed;
  // It had its own reason to end with an error when all it said was nothing.
  if (outcome.reason === 'exit_code') return verdict === 'nothing' ? outcome : failed;
  const isTimeout = outcome.reason === 'run_timeout' || outcome.reason === 'idle_timeout';
  if (isTimeout && WAITED_FOR.includes(verdict))
    return { ...failed, message: `${failed.message} (${outcome.message})` };
  return outcome;
}

/** One sentence for what it was, with the program's own words, and one for what to do. */
export function explain(program: AgentProgram, { verdict, words, resetsAt, denials }: Reading): string {
  const { title: name, signIn } = programOf(program);
  const said = words === null ? '' : `: “${words}”`;
  const sentence = (what: string, next: string): string =>
    `${what}${said}${said === '' || !/[.!?…]”$/.test(said) ? '.' : ''} ${next}`.trim();
  switch (verdict) {
    case 'ok':
    case 'unknown':
      return '';
    case 'nothing':
      return sentence(
        `${name} ended without a word and did nothing`,
        'Its model may have refused: put the task in other words, or give it to another agent.',
      );
    case 'refused':
      return sentence(`The model of ${name} refused`, 'Put the task in other words, or give it to another agent.');
    case 'needs_sign_in':
      return sentence(`${name} is not signed in, or its key is not accepted`, signIn);
    case 'quota':
      return sentence(
        `The limit of use of ${name} is reached${resetsAt === null ? '' : ` until ${resetsAt.toISOString().slice(0, 16).replace('T', ' ')} UTC`}`,
        resetsAt === null ? 'Its tasks wait and are tried again now and then.' : 'Its tasks wait until then.',
      );
    case 'rate_limited':
      return sentence(`The provider of ${name} asks it to go slower`, 'It may work at the next try.');
    case 'overloaded':
      return sentence(`The provider of ${name} is overloaded or out of order`, 'It may work at the next try.');
    case 'context_full':
      return sentence(`The task is too much for the model of ${name}: its context is full`, 'Split the task.');
    case 'model_unknown':
      return sentence(
        `${name} does not get the model that it asks for`,
        "Change the model in the agent's configuration.",
      );
    case 'permission_denied':
      return sentence(
        `${name} was allowed none of what it tried (${deniedInWords(denials)})`,
        "Allow it in the arguments of the agent's command, or in the program's own settings.",
      );
    case 'max_tokens':
      return sentence(`The answer of ${name} was cut off at the longest it may be`, 'Split the task, or send it back.');
    case 'crashed':
      return sentence(`${name} broke off before it had said how it ended`, 'It may work at the next try.');
  }
}

function programOf(program: AgentProgram): { title: string; signIn: string } {
  return program === 'acp' ? LIVE_AGENT : AGENT_PROGRAMS[program];
}

/** `Bash(npm test), Write(a.ts) and 2 more` */
export function deniedInWords(denials: readonly string[]): string {
  const shown = denials.filter((_, index) => index < MAX_DENIALS).map((denial) => cutText(denial, 100, '…'));
  const more = denials.length - shown.length;
  return `${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
