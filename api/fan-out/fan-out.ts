import type { GraphQLError } from 'graphql';
import type { ApiContext } from '#api/context.ts';
import { silentStream } from '#core/platform/abortable.ts';
import type { Feed } from './feed.ts';
import { framesOf, Group, partsOf } from './group.ts';
import type { Answer, Member } from './group.ts';
import { answerItem, operationKey, sharedContext } from './operation.ts';
import type { Operation } from './operation.ts';
import type { Outlet } from './outlet.ts';

/** Somebody who follows over a socket: what he has asked, and the way to him. */
export interface Subscriber {
  operation: Operation;
  outlet: Outlet;
}

/** Shares between the sockets of this process what they follow; see docs/decisions/0021-fan-out-once.md. */
export class FanOut {
  readonly #mask: (errors: readonly GraphQLError[]) => readonly GraphQLError[];
  readonly #groups = new Map<string, Group<unknown>>();

  /** @param mask what a client is told of failures */
  constructor(mask: (errors: readonly GraphQLError[]) => readonly GraphQLError[]) {
    this.#mask = mask;
  }

  /**
   * Sends a subscriber what a feed has after a position, and what comes: from the rows until he has what those have
   * who ask the same, with them from then on. One whose socket does not keep up goes back to the rows.
   * @param after null: from now on
   * @returns a stream that yields nothing: it ends when the feed does, and whoever ends it follows no more
   */
  follow<Item>(
    feed: Feed<Item>,
    after: bigint | null,
    subscriber: Subscriber,
    context: ApiContext,
  ): AsyncGenerator<never> {
    return silentStream((signal) => this.#follow(feed, after, subscriber, context, signal));
  }

  async #follow<Item>(
    feed: Feed<Item>,
    after: bigint | null,
    { operation, outlet }: Subscriber,
    context: ApiContext,
    signal: AbortSignal,
  ): Promise<void> {
    const answer: Answer<Item> = (item) => answerItem(operation, item, sharedContext(context), this.#mask);
    const key = `${feed.key} ${operationKey(operation, context.actor?.kind === 'user' && context.actor.isAdmin)}`;
    const head = await feed.head();
    let position = after ?? head.position;
    // Who is ahead of everything there is comes from another time; the rows will tell him so.
    let isAhead = position > head.position;
    /** Those who follow this, if they have what he has, or less. */
    const known = (): Group<Item> | undefined => this.#groups.get(key) as Group<Item> | undefined;
    const mayJoin = (): boolean =>
      !isAhead && !head.isOver && position >= (known()?.position ?? head.position) && !signal.aborted;
    const join = (): Promise<Stay> => {
      // Nothing is waited for between opening a group and joining it: without a member nobody would end it.
      const stay = stayIn(known() ?? this.#open(key, feed, position, answer), outlet, position, signal);
      // It is awaited below, perhaps after it has failed.
      stay.catch(() => undefined);
      return stay;
    };
    for (;;) {
      let joined = mayJoin() ? join() : null;
      if (!joined) {
        const items = feed.follow(position);
        for await (const some of inParts(endingWith(signal, items))) {
          const bodies = await Promise.all(some.map(async (item) => Buffer.from(await answer(item))));
          const frames = framesOf(outlet.id, bodies);
          // Nobody waits for this but its reader: a long way is gone at his pace.
          while (!signal.aborted && !outlet.write(frames)) await outlet.drained(signal);
          await outlet.drained(signal);
          if (signal.aborted || some.some((item) => feed.isLast(item))) break;
          for (const item of some) position = feed.positionAfter(item) ?? position;
          isAhead = false;
          // Before he leaves the rows: what has no place among them would be missed in between.
          if (mayJoin()) {
            joined = join();
            break;
          }
        }
        await items.return(undefined);
        if (!joined) return;
      }
      const stay = await joined;
      if (stay.isOver) return;
      ({ position } = stay);
      await outlet.drained(signal);
    }
  }

  #open<Item>(key: string, feed: Feed<Item>, position: bigint, answer: Answer<Item>): Group<Item> {
    const group: Group<Item> = new Group(feed, position, answer, () => {
      if (this.#groups.get(key) === (group as Group<unknown>)) this.#groups.delete(key);
    });
    this.#groups.set(key, group as Group<unknown>);
    return group;
  }
}

/** How it ended to follow with the others, and what is had until then. */
interface Stay {
  position: bigint;
  isOver: boolean;
}

/** Follows with the others until there is nothing more to follow, the socket does not keep up, or nobody reads. */
function stayIn<Item>(group: Group<Item>, outlet: Outlet, position: bigint, signal: AbortSignal): Promise<Stay> {
  return new Promise((resolve, reject) => {
    const leave = (isOver: boolean): void => {
      signal.removeEventListener('abort', onAbort);
      resolve({ position: member.position, isOver });
    };
    const member: Member = { outlet, position, lag: () => leave(false), end: () => leave(true), fail: reject };
    const onAbort = (): void => {
      group.remove(member);
      leave(true);
    };
    group.add(member);
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort);
  });
}

/** A stream that ends with the signal, also while it waits. */
async function* endingWith<T>(signal: AbortSignal, source: AsyncGenerator<T>): AsyncGenerator<T> {
  const end = (): void => void source.return(undefined);
  if (signal.aborted) return end();
  signal.addEventListener('abort', end);
  try {
    yield* source;
  } finally {
    signal.removeEventListener('abort', end);
  }
}

/** What came together, in parts that are answered at the same time. */
async function* inParts<T>(source: AsyncGenerator<readonly T[]>): AsyncGenerator<readonly T[]> {
  for await (const items of source) yield* partsOf(items);
}
