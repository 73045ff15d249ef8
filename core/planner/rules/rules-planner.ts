import { cutText } from '#contract/cut-text.ts';
import { MAX_DESCRIPTION_CHARS } from '#contract/limits.ts';
import { parseContract } from '#contract/parse.ts';
import type { Request } from '#contract/request.ts';
import { TaskDefinition } from '#contract/task-definition.ts';
import type { TaskType } from '#contract/enums.ts';
import type { PlanContext, Planner } from '../planner.ts';
import { titleOfWords } from '../verbatim.ts';
import { chooseAgent } from './agent.ts';
import { titleOf } from './title.ts';
import { dependsOnFormer } from './clauses.ts';
import { readAsks } from './asks.ts';
import { isOtherLanguage } from './language.ts';
import type { Ask } from './drafts.ts';

// The first words say what the ask is; a long log behind them does not change its title.
const MAX_READ_CHARS = 2_000;

/** What a result of this type is always held to; stands in where the person named no criterion. */
const USUAL_CRITERIA: Readonly<Record<TaskType, string>> = {
  code_change: 'The change does what is asked for, and the existing tests pass',
  test: 'The tests run, and their result is reported',
  review: 'Each finding names its place and what is wrong there; nothing is changed',
  doc: 'The text says what is asked for and agrees with the code',
  research: 'The answer is written down with what it is based on; nothing else is changed',
  infra: 'The configuration is valid and does what is asked for',
};

/** Plans by rules alone: the same requests always give the same tasks, without a model and without a network. */
export const rulesPlanner: Planner = {
  name: 'rules',
  plan(requests, context) {
    return Promise.resolve(requests.map((request, i) => defineTask(request, former(requests, i), context)));
  },
};

function defineTask(request: Request, said: Request | null, { agents }: PlanContext): TaskDefinition {
  const start = cutText(request.text, MAX_READ_CHARS);
  const isForeign = isOtherLanguage(start);
  const ask = isForeign ? undefined : readAsks(start)[0];
  const context = said !== null && ask !== undefined && isDependent(ask) ? said.text : '';
  return parseContract('TaskDefinition', TaskDefinition, {
    requestId: request.id,
    title: isForeign ? titleOfWords(request.text) : titleOf(request.text, ask),
    description: describe(request.text, context),
    acceptanceCriteria:
      request.acceptanceCriteria.length > 0 ? request.acceptanceCriteria : [USUAL_CRITERIA[request.intent]],
    type: request.intent,
    priority: request.priority,
    agent: chooseAgent(
      request,
      agents.map(({ name }) => name),
      context,
    ),
  });
}

/** The ask said before this one in the same message. */
function former(requests: readonly Request[], at: number): Request | null {
  const before = requests[at - 1];
  return before !== undefined && before.messageId !== null && before.messageId === requests[at]?.messageId
    ? before
    : null;
}

/** "then fix whatever it finds" means nothing to somebody who has only these words. */
function isDependent(ask: Ask): boolean {
  return ask.kind === 'ask' && !ask.isNamed && dependsOnFormer(ask.core, 0, ask.core.length);
}

function describe(words: string, context: string): string {
  const description = context === '' ? words : `${words}\n\nSaid right after: ${context}`;
  return cutText(description, MAX_DESCRIPTION_CHARS);
}
