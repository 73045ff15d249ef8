import type { Feed } from './feed.ts';
import { textFrame } from './frame.ts';
import type { Outlet } from './outlet.ts';

/** How many items are answered at the same time. */
const MAX_AT_ONCE = 25;
const END = Buffer.from('}');

/** Answers an item. @returns JSON */
export type Answer<Item> = (item: Item) => Promise<string>;

/** Somebody who follows and has everything up to `position`. */
export interface Member {
  readonly outlet: Outlet;
  position: bigint;
  /** Its socket does not keep up: what comes is not kept for it, and it goes back to the rows. */
  lag(): void;
  /** Nothing more will come. */
  end(): void;
  fail(error: unknown): void;
}

/**
 * Those in this process who have asked the same of one feed: it is followed once for them, each item is answered once,
 * and the same bytes go to each socket in one write.
 */
export class Group<Item> {
  position: bigint;
  readonly #feed: Feed<Item>;
  readonly #answer: Answer<Item>;
  readonly #members = new Set<Member>();
  readonly #onEmpty: () => void;
  readonly #items: AsyncGenerator<readonly Item[]>;

  /** @param onEmpty nobody follows any more, or there is nothing more to follow: it is of no use from now on */
  constructor(feed: Feed<Item>, position: bigint, answer: Answer<Item>, onEmpty: () => void) {
    this.#feed = feed;
    this.position = position;
    this.#answer = answer;
    this.#onEmpty = onEmpty;
    this.#items = feed.follow(position);
    void this.#follow();
  }

  /** @param member has everything that the group has had */
  add(member: Member): void {
    this.#members.add(member);
  }

  remove(member: Member): void {
    if (!this.#members.delete(member) || this.#members.size > 0) return;
    this.#onEmpty();
    void this.#items.return(undefined);
  }

  async #follow(): Promise<void> {
    try {
      for await (const items of this.#items) {
        for (const some of partsOf(items)) {
          const answers = await Promise.all(some.map((item) => this.#answer(item)));
          this.#deliver(some, answers);
        }
      }
      this.#leaveAll((member) => member.end());
    } catch (error) {
      this.#leaveAll((member) => member.fail(error));
    }
  }

  #deliver(items: readonly Item[], answers: readonly string[]): void {
    const before = this.position;
    for (const item of items) this.position = this.#feed.positionAfter(item) ?? this.position;
    const bodies = answers.map((json) => Buffer.from(json));
    // Sockets number what they follow alike, so that most have the same frame.
    const frames = new Map<string, Buffer>();
    for (const member of this.#members) {
      if (member.position !== before) {
        this.#deliverRest(member, items, bodies);
        continue;
      }
      const { id } = member.outlet;
      let frame = frames.get(id);
      if (!frame) frames.set(id, (frame = framesOf(id, bodies)));
      if (member.outlet.write(frame)) member.position = this.position;
      else this.#dismiss(member);
    }
  }

  /** For one who came with some of these items already. */
  #deliverRest(member: Member, items: readonly Item[], bodies: readonly Buffer[]): void {
    const rest: Buffer[] = [];
    let { position } = member;
    for (const [i, item] of items.entries()) {
      const news = this.#feed.newOf(item, position);
      if (news === null) continue;
      // A part of an item has been answered for nobody: the member reads it from the rows.
      if (news !== item) return this.#dismiss(member);
      const body = bodies[i];
      if (body) rest.push(body);
      position = this.#feed.positionAfter(item) ?? position;
    }
    if (rest.length > 0 && !member.outlet.write(framesOf(member.outlet.id, rest))) this.#dismiss(member);
    else member.position = position;
  }

  #dismiss(member: Member): void {
    this.remove(member);
    member.lag();
  }

  #leaveAll(say: (member: Member) => void): void {
    const members = [...this.#members];
    this.#members.clear();
    this.#onEmpty();
    for (const member of members) say(member);
  }
}

/** What a subscriber is sent for these answers, in one piece. */
export function framesOf(id: string, bodies: readonly Buffer[]): Buffer {
  const head = Buffer.from(`{"id":${JSON.stringify(id)},"type":"next","payload":`);
  const [first] = bodies;
  if (bodies.length === 1 && first) return textFrame(head, first, END);
  return Buffer.concat(bodies.map((body) => textFrame(head, body, END)));
}

/** Items cut into parts that are answered at the same time: each may ask the database. */
export function* partsOf<T>(items: readonly T[]): Generator<readonly T[]> {
  for (let from = 0; from < items.length; from += MAX_AT_ONCE) yield items.slice(from, from + MAX_AT_ONCE);
}
