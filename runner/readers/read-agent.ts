import { cutStart, cutText } from '#contract/cut-text.ts';
import { classify } from './classify.ts';
import { EVENT_READERS, type AgentProgram } from './event-readers.ts';
import { faultOf } from './fault.ts';
import { JsonLines } from './json-lines.ts';
import { parseEvent } from './parse-event.ts';
import { newState, type Fault, type Reading, type Verdict } from './reading.ts';

const MAX_WORDS_CHARS = 400;
/** Of standard error, the end: what went wrong stands last. */
const STDERR_CHARS = 8_000;

/** How the program's process ended; both null: it is not known. */
export interface Exit {
  exitCode: number | null;
  signal: string | null;
}

/** Reads one run of a program: its output as it comes, and at the end how it went. */
export class AgentReader {
  private readonly state = newState();
  private stderr = '';
  private readonly lines = new JsonLines((line) => this.take(line));

  /** @param now what "in 3 hours" counts from */
  constructor(
    private readonly program: AgentProgram,
    private readonly now: Date,
  ) {}

  push(bytes: Buffer): void {
    this.lines.push(bytes);
  }

  pushStderr(bytes: Buffer): void {
    this.stderr = cutStart(this.stderr + bytes.toString('utf8'), STDERR_CHARS);
  }

  end(exit: Exit): Reading {
    this.lines.end();
    const { state } = this;
    const { verdict, fault } = this.judge(exit);
    const said = fault?.words.replace(/\s+/g, ' ').trim() ?? '';
    // One word alone is a code, and for nobody to read.
    const words = said.includes(' ') ? said : '';
    const isLimit = verdict === 'quota' || verdict === 'rate_limited';
    return {
      verdict,
      words: verdict === 'ok' || words === '' ? null : cutText(words, MAX_WORDS_CHARS, '…'),
      resetsAt: isLimit ? (fault?.resetsAt ?? null) : null,
      lastText: state.lastText?.trim() ?? null,
      sessionId: state.sessionId,
      usage: state.usage,
      costUsd: state.costUsd,
      isUsageOfSession: state.isUsageOfSession,
      isCostOfSession: state.isCostOfSession,
      denials: [...state.denials.values()],
      isRecognised: state.events > 0,
      unknownArgument: state.events > 0 ? null : unknownArgumentIn(this.stderr),
    };
  }

  private take(line: string | null): void {
    const event = line === null ? null : parseEvent(line);
    if (event === null) this.state.unreadable += 1;
    else if (EVENT_READERS[this.program](this.state, event, this.now)) this.state.events += 1;
  }

  private judge(exit: Exit): { verdict: Verdict; fault: Fault | null } {
    const { state, now } = this;
    const { end, fault } = state;
    const said = state.lastText === null ? null : { ...emptyFault(), words: state.lastText };
    if (end === 'refused') return { verdict: 'refused', fault: fault?.words ? fault : said };
    if (end === 'max_tokens') return { verdict: 'max_tokens', fault };
    if (end === 'ok') return { verdict: this.judgeGoodEnd(), fault: null };
    if (fault) {
      const verdict = classify(fault, now);
      // A live agent ends well whenever it is told to: its exit code says nothing of its work.
      return { verdict: verdict === 'unknown' && this.program === 'acp' ? 'crashed' : verdict, fault };
    }
    if (end === 'failed') return { verdict: 'unknown', fault: null };
    return this.judgeWithoutEnd(exit);
  }

  private judgeGoodEnd(): Verdict {
    const { toolCalls, denials, lastText } = this.state;
    if (toolCalls.size === 0 && lastText === null) return 'nothing';
    const isAllDenied = denials.size > 0 && [...toolCalls].every((id) => denials.has(id));
    return isAllDenied ? 'permission_denied' : 'ok';
  }

  /** The stream breaks off: what it was trying again, then its standard error, then the exit code. */
  private judgeWithoutEnd({ exitCode, signal }: Exit): { verdict: Verdict; fault: Fault | null } {
    const { state, now } = this;
    const isGood = exitCode === 0 && signal === null;
    const worked = state.toolCalls.size > 0 || state.lastText !== null;
    // It ends without a word when its last step called tools and was told to stop there.
    if (this.program === 'opencode' && isGood && worked) return { verdict: this.judgeGoodEnd(), fault: null };
    if (state.events === 0 && isGood) return { verdict: state.unreadable === 0 ? 'nothing' : 'unknown', fault: null };
    const fault = state.retried ?? state.limit ?? this.stderrFault();
    const verdict = fault === null ? 'unknown' : classify(fault, now);
    if (verdict !== 'unknown') return { verdict, fault };
    // What stands in standard error while the stream goes on is seldom why it broke off.
    return state.events > 0 ? { verdict: 'crashed', fault: null } : { verdict: 'unknown', fault };
  }

  /** Only lines that speak of an error: the others are for whoever wrote the program. */
  private stderrFault(): Fault | null {
    const lines = this.stderr
      .split(/\r?\n|\r/)
      .filter((line) => /error|fail|invalid|denied|please|not |limit/i.test(line));
    const wanted = lines.filter((line) => !/^\s*(?:at |warning:|\[startup\]|\(node:)/i.test(line)).slice(-3);
    return wanted.length === 0 ? null : faultOf(wanted.join('\n'), this.now);
  }
}

/** As the usual parsers of command lines put it. */
function unknownArgumentIn(stderr: string): string | null {
  const found =
    /(?:unexpected|unknown|unrecogni[sz]ed) (?:argument|option|flag)s?:?\s+['"`]?(-{0,2}[a-z][\w-]{0,60})/i.exec(
      stderr,
    );
  return found?.[1] ?? null;
}

function emptyFault(): Fault {
  return { status: null, codes: [], words: '', resetsAt: null };
}
