import { cutText } from '#contract/cut-text.ts';
import { DEFAULT_AGENT_NAMES } from '#contract/enums.ts';
import type { DefaultAgentName, TaskType } from '#contract/enums.ts';
import { topicTable, topicWords, uncovered } from './topics.ts';
import { isNaming, isPunct } from './token.ts';
import { tokenize } from './tokens.ts';
import type { TopicHit, TopicTable } from './topics.ts';
import type { Token } from './token.ts';
import { STATES, SUBORDINATORS } from './words/statements.ts';
import * as topics from './words/topics.ts';

const AGENT_OF_TYPE: Readonly<Record<Exclude<TaskType, 'code_change'>, DefaultAgentName>> = {
  test: 'qa',
  review: 'qa',
  infra: 'infra',
  doc: 'docs',
  research: 'docs',
};

const FRONTEND = topicTable(topics.FRONTEND_TOPICS);
const BACKEND = topicTable(topics.BACKEND_TOPICS);
const MAX_WHY_CHARS = 200;

export interface AgentChoice {
  name: string;
  why: string;
}

/** Which agent a request is for: the one the person names, else by type; for code by its paths, then by its words. */
export function chooseAgent(
  request: { text: string; intent: TaskType; pathHints: readonly string[] },
  agentNames: readonly string[],
  context = '',
): AgentChoice {
  const tokens = tokenize(request.text);
  const named = namedAgent(tokens, agentNames);
  if (named !== null) return { name: named, why: `you named ${named}` };
  if (request.intent !== 'code_change') {
    const name = AGENT_OF_TYPE[request.intent];
    return { name, why: `type ${request.intent} → ${name}` };
  }
  return (
    byPath(request.pathHints) ??
    byWords(tokens) ??
    byWords(tokenize(context)) ?? { name: 'backend', why: 'code without a sign of the interface → backend' }
  );
}

/** "@qa", "backend: …", "[infra]", "the docs agent" */
function namedAgent(tokens: readonly Token[], agentNames: readonly string[]): string | null {
  const byLowerName = new Map([...DEFAULT_AGENT_NAMES, ...agentNames].map((name) => [name.toLowerCase(), name]));
  for (const [i, token] of tokens.entries()) {
    if (token.kind !== 'word') continue;
    const name = byLowerName.get(token.lower.replace(/^@/, ''));
    if (name === undefined) continue;
    const before = tokens[i - 1];
    const after = tokens[i + 1];
    const isFirst = !tokens.slice(0, i).some(isNaming);
    const beforeThat = before?.lower === 'the' ? tokens[i - 2] : before;
    if (token.lower.startsWith('@') || (after?.lower === 'agent' && before?.lower !== 'a' && before?.lower !== 'new'))
      return name;
    if (isFirst && isPunct(after, ':]')) return name;
    if (
      /^(?:ask|tell|have|let|get)$/.test(beforeThat?.lower ?? '') &&
      after?.kind === 'word' &&
      (after.lower === 'to' || beforeThat?.lower !== 'get')
    )
      return name;
  }
  return null;
}

function byPath(paths: readonly string[]): AgentChoice | null {
  if (paths.length === 0) return null;
  const sides = paths.map((path) => ({ path, side: sideOfPath(path) }));
  const frontend = sides.filter(({ side }) => side === 'frontend');
  const backend = sides.filter(({ side }) => side === 'backend');
  if (frontend.length === 0 && backend.length === 0) return null;
  const name = frontend.length >= backend.length ? 'frontend' : 'backend';
  const path = (name === 'frontend' ? frontend : backend)[0]?.path ?? '';
  return { name, why: cutText(`path ${path} → ${name}`, MAX_WHY_CHARS) };
}

/** The folder nearest to the file that says something; then the kind of file. */
function sideOfPath(path: string): 'frontend' | 'backend' | null {
  const lower = path.toLowerCase().replaceAll('\\', '/');
  const slashed = `/${lower}${lower.includes('.') ? '' : '/'}`;
  const frontendAt = Math.max(...topics.FRONTEND_PATHS.map((folder) => slashed.lastIndexOf(`/${folder}`)));
  const backendAt = Math.max(...topics.BACKEND_PATHS.map((folder) => slashed.lastIndexOf(`/${folder}`)));
  const extension = lower.slice(lower.lastIndexOf('.') + 1);
  if (topics.FRONTEND_EXTENSIONS.has(extension)) return 'frontend';
  if (frontendAt !== backendAt) return frontendAt > backendAt ? 'frontend' : 'backend';
  if (topics.DOC_EXTENSIONS.has(extension) || !lower.includes('.')) return null;
  return lower.includes('/') ? 'backend' : null;
}

/** Words of the main clause, or of a statement's subject, count twice: "add an endpoint that the settings page calls" is about the endpoint. */
function byWords(said: readonly Token[]): AgentChoice | null {
  const tokens = withoutStates(said);
  const cut = tokens.findIndex(
    (token, i) =>
      (i > 2 && (SUBORDINATORS.has(token.lower) || token.lower === 'what')) || (i > 1 && STATES.has(token.lower)),
  );
  const main = cut < 0 ? [...tokens] : tokens.slice(0, cut);
  const rest = cut < 0 ? [] : tokens.slice(cut);
  const frontend = score(FRONTEND, BACKEND, main, rest);
  const backend = score(BACKEND, FRONTEND, main, rest);
  if (tokens.some((token) => token.kind === 'colour')) {
    frontend.points += 2;
    frontend.words.push('a colour');
  }
  if (tokens.some((token) => token.kind === 'word' && /^\/[a-z]/.test(token.lower))) {
    backend.points += 1;
    backend.words.push('an address');
  }
  if (frontend.points === 0 && backend.points === 0) return null;
  const name =
    frontend.points > backend.points || (frontend.points === backend.points && frontend.lastAt > backend.lastAt)
      ? 'frontend'
      : 'backend';
  const words = [...new Set(name === 'frontend' ? frontend.words : backend.words)].slice(0, 4).join(', ');
  return { name, why: cutText(`${words} → ${name}`, MAX_WHY_CHARS) };
}

/** "the build is red": how it stands, not what it looks like */
function withoutStates(tokens: readonly Token[]): Token[] {
  return tokens.filter(
    (token, i) =>
      !/^(?:red|green)$/.test(token.lower) ||
      !/^(?:is|are|was|were|stay|stays|remain|went|goes|turns|turned)$/.test(tokens[i - 1]?.lower ?? ''),
  );
}

function score(
  table: TopicTable,
  rival: TopicTable,
  main: readonly Token[],
  rest: readonly Token[],
): { points: number; words: string[]; lastAt: number } {
  const [inMain, inRest] = [main, rest].map((tokens) => {
    const words = topicWords(tokens);
    return uncovered(table.find(words), rival.find(words));
  }) as [TopicHit[], TopicHit[]];
  return {
    // A phrase of several words says more than one: "login page" over "login"
    points: inMain.reduce((sum, { length }) => sum + 1 + length, 0) + inRest.length,
    words: [...inMain, ...inRest].map(({ phrase }) => phrase),
    lastAt: (inMain.at(-1) ?? inRest.at(-1))?.at ?? -1,
  };
}
