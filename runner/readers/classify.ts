import type { Fault, Verdict } from './reading.ts';

/** A limit that is over so soon is one of rate: a program that waits this long has nothing used up. */
const SOON_MS = 10 * 60_000;

/** What types, codes and names of errors mean, in lower case and without marks between the words. */
const CODES: readonly (readonly [RegExp, Verdict])[] = [
  [
    /insufficientquota|usagelimit|usagenotincluded|billing|creditbalance|quotaexceeded|terminalquota|outofcredits|paymentrequired/,
    'quota',
  ],
  [/contextlength|contextoverflow|contextwindow|prompttoolong|requesttoolarge/, 'context_full'],
  [/modelnotfound|modelunknown|unknownmodel|invalidmodel|unsupportedmodel/, 'model_unknown'],
  [
    /authentication|invalidapikey|apikeyinvalid|unauthenticated|unauthorized|providerauth|invalidgrant|tokenexpired|tokenrevoked|permissionerror/,
    'needs_sign_in',
  ],
  [/contentfilter|contentpolicy|refusal|safety|prohibitedcontent|blocklist|cyberpolicy/, 'refused'],
  [/outputlength|maxtokens|maxoutputtokens|maxturns/, 'max_tokens'],
  [/overloaded|unavailable|internalserver|slowdown/, 'overloaded'],
  [/ratelimit|toomanyrequests|resourceexhausted/, 'rate_limited'],
  [/toolnotregistered|permissionrejected|permissiondenied|approval/, 'permission_denied'],
];

const WORDS: readonly (readonly [RegExp, Verdict])[] = [
  [
    /context (?:window|length|limit)|maximum context|(?:prompt|input|request|conversation) is too (?:long|large)|too many (?:input )?tokens|token (?:count|limit)[^.]*exceed|ran out of room/i,
    'context_full',
  ],
  [
    /model\b[^.\n]*(?:not found|n[o']t exist|not exist|not supported|not available|unknown|is invalid|no access|issue with)|(?:unknown|invalid|unsupported|no such) model|issue with the selected model|models\/\S+ (?:is )?not found/i,
    'model_unknown',
  ],
  [
    /quota|usage limit|(?:hit|reached|exceeded) (?:your|the)(?! rate)[^.]{0,30}\blimit|credit balance|(?:out of|insufficient|no more|not enough) (?:\w+ )?(?:credits?|funds|balance)|billing|payment required|spend(?:ing)? (?:limit|cap)|(?:daily|weekly|monthly|plan|session|5-hour) limit/i,
    'quota',
  ],
  [/rate.?limit|too many requests|(?:requests|tokens) per (?:second|minute|hour|day)/i, 'rate_limited'],
  [
    /not logged in|not signed in|log ?in again|sign(?:ed)? in|\/login|please log ?in|(?:invalid|incorrect|missing|expired|no|wrong) (?:x-)?api[ -_]?key|api[ -_]?key[^.]{0,40}(?:not valid|invalid|missing|not set|not found|expired|required)|unauthori[sz]ed|unauthenticated|authenticat|auth method|credentials|token[^.]{0,30}(?:expired|revoked|refresh|invalid)/i,
    'needs_sign_in',
  ],
  [
    /safety|safeguard|content (?:filter|policy)|usage polic|refus|flagged|prohibited|can(?:no|['’])t help with/i,
    'refused',
  ],
  [
    /overload|high (?:demand|load|traffic)|at capacity|temporarily unavailable|service unavailable|internal server error|bad gateway|gateway time-?out|server (?:had|error)/i,
    'overloaded',
  ],
  [
    /max(?:imum)?[ _](?:output )?tokens|output (?:token )?(?:limit|maximum)|maximum (?:number of )?turns|output length/i,
    'max_tokens',
  ],
  [
    /requires? (?:your )?(?:approval|permission)|permission (?:was )?(?:denied|rejected)|denied by|not permitted/i,
    'permission_denied',
  ],
  [
    /disconnect|connection|terminated|socket hang ?up|econn|enotfound|etimedout|eai_again|network|fetch failed|timed? ?out|reset by peer|premature|unexpected end/i,
    'crashed',
  ],
];

/** What an error is: what has a code or a status says it best, words are the last to be asked. */
export function classify(fault: Fault, now: Date): Verdict {
  const { codes, words } = fault;
  const byCode = firstOf(CODES, codes.map((code) => code.toLowerCase().replace(/[^a-z0-9]/g, '')).join(' '));
  const byWords = firstOf(WORDS, words);
  const status = fault.status ?? statusIn(words);
  const isSoon = fault.resetsAt !== null && fault.resetsAt.getTime() - now.getTime() < SOON_MS;
  const verdict = weigh({ byCode, byWords, status, isSoon, resets: fault.resetsAt !== null });
  return verdict ?? 'unknown';
}

interface Signs {
  byCode: Verdict | null;
  byWords: Verdict | null;
  status: number | null;
  isSoon: boolean;
  resets: boolean;
}

function weigh({ byCode, byWords, status, isSoon, resets }: Signs): Verdict | null {
  const isLimit = byCode === 'rate_limited' || (byCode === null && status === 429);
  if (isLimit) {
    // The same code serves for "slow down" and for "nothing is left": how long it lasts, and its words, tell them apart.
    if (isSoon) return 'rate_limited';
    return resets || byWords === 'quota' ? 'quota' : 'rate_limited';
  }
  // What a provider calls a limit of use and lifts within minutes, nobody need be told of.
  if (byCode === null && byWords === 'quota' && isSoon) return 'rate_limited';
  // 403 and "permission" of a provider are about the key; those of the program are about its tools.
  if (byCode === 'permission_denied' && (status === 403 || status === 401)) return 'needs_sign_in';
  return byCode ?? byStatus(status, byWords) ?? byWords;
}

function byStatus(status: number | null, byWords: Verdict | null): Verdict | null {
  if (status === null) return null;
  if (status === 401) return 'needs_sign_in';
  if (status === 402) return 'quota';
  if (status === 413) return 'context_full';
  if (status === 408) return 'crashed';
  if (status >= 500) return 'overloaded';
  // These say little: the words may know better.
  if (status === 403) return byWords === null || byWords === 'permission_denied' ? 'needs_sign_in' : byWords;
  if (status === 404) return byWords ?? null;
  return null;
}

function firstOf(table: readonly (readonly [RegExp, Verdict])[], text: string): Verdict | null {
  return table.find(([pattern]) => pattern.test(text))?.[1] ?? null;
}

/** A status of HTTP that stands in words: "last status: 429 Too Many Requests", "Request rejected (429)". */
function statusIn(words: string): number | null {
  const found = /\b(?:status|code|http|error)\b\D{0,12}\b([45]\d\d)\b|\(([45]\d\d)\)|^\s*([45]\d\d)\b/i.exec(words);
  const digits = found?.[1] ?? found?.[2] ?? found?.[3];
  return digits === undefined ? null : Number(digits);
}
