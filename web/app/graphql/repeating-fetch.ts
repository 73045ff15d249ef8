/** What makes something. The API makes it once for a key, however often it is asked. */
export const KEYED_MUTATIONS = [
  'commentOnTask',
  'createAgent',
  'createConversation',
  'createMembership',
  'createProject',
  'createRecording',
  'createRunner',
  'createTask',
  'createUser',
  'followUpTask',
  'makeTaskOfMessage',
  'makeTaskOfRecording',
  'rollBackState',
  'saveState',
  'sendMessage',
  'sendRunMessage',
];
/** Fields of those calls that are kept nowhere. */
export const SECRET_FIELDS = ['password'];
const PAUSES_MS = [300, 1_000, 3_000];
/** Who sends the same again within this time repeats it; later, he says it once more. */
const KEPT_MS = 5 * 60_000;
const ROOT_FIELD = /^\s*mutation\b[^{]*\{\s*(?:\w+\s*:\s*)?(\w+)/;
/** A gateway's words for a server that is not there. */
const GATEWAY_STATUSES = [502, 503, 504];

interface Call {
  query: string;
  variables: { input: Record<string, unknown> };
}
interface Answer {
  data?: Record<string, { __typename?: string } | null> | null;
  errors?: { extensions?: { code?: string } }[];
}

/**
 * Sends what makes something with an idempotency key, and again when no answer came: whether it was carried out, nobody
 * here knows. A call that ends without an answer keeps its key for some minutes, so that the same form or message, sent
 * again by hand, is the same call. One with a secret in it does not: it would have to be remembered by that.
 */
export function repeatingFetch(send: typeof fetch, pausesMs: readonly number[] = PAUSES_MS): typeof fetch {
  const unanswered = new Map<string, { key: string; at: number }>();
  return async (resource, init) => {
    // By the clock on the wall: a machine that was asleep has been away.
    for (const [identity, { at }] of unanswered) if (Date.now() - at >= KEPT_MS) unanswered.delete(identity);
    const call = readCall(init?.body);
    if (!call) return send(resource, init);
    const identity = JSON.stringify(call);
    const known = unanswered.get(identity)?.key;
    // Said once more while it is on its way, it is another call.
    unanswered.delete(identity);
    const idempotencyKey = known ?? newKey();
    const body = JSON.stringify({
      ...call,
      variables: { ...call.variables, input: { ...call.variables.input, idempotencyKey } },
    });
    const keepKey = (): void => {
      if (!SECRET_FIELDS.some((name) => name in call.variables.input))
        unanswered.set(identity, { key: idempotencyKey, at: Date.now() });
    };
    for (let attempt = 0; ; attempt += 1) {
      const pauseMs = pausesMs[attempt];
      const mayBeUnderWay = attempt > 0 || known !== undefined;
      try {
        const response = await send(resource, { ...init, body });
        if (await isAnswer(response, mayBeUnderWay)) return response;
        if (pauseMs === undefined) {
          keepKey();
          return response;
        }
      } catch (error) {
        if (pauseMs === undefined || init?.signal?.aborted) {
          keepKey();
          throw error;
        }
      }
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  };
}

function readCall(body: unknown): Call | null {
  if (typeof body !== 'string') return null;
  const call = JSON.parse(body) as Partial<Call>;
  const [, field = ''] = ROOT_FIELD.exec(call.query ?? '') ?? [];
  return KEYED_MUTATIONS.includes(field) && call.variables?.input ? (call as Call) : null;
}

/** Whether it says what became of the call: that it can not be said now, and that it is still being carried out, do not. */
async function isAnswer(response: Response, mayBeUnderWay: boolean): Promise<boolean> {
  if (GATEWAY_STATUSES.includes(response.status)) return false;
  const answer = (await response
    .clone()
    .json()
    .catch(() => null)) as Answer | null;
  // Not ours to understand.
  if (!answer) return true;
  if (answer.errors?.some(({ extensions }) => extensions?.code === 'UNAVAILABLE')) return false;
  const isConflict = Object.values(answer.data ?? {}).some((each) => each?.__typename === 'ConflictError');
  return !(mayBeUnderWay && isConflict);
}

/** crypto.randomUUID is missing on pages that come over plain HTTP from another machine. */
function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
