import type { Actor } from '#core/access/actor.ts';
import type { FollowedRights } from './followed-rights.ts';
import type { Feed } from './fan-out/feed.ts';
import type { RunnerPresence } from './runner-presence.ts';
import type { Core } from '#core/platform/core.ts';
import type { SystemParts } from '#core/system/system-parts.ts';

/** @see FanOut.follow, in fan-out/fan-out.ts */
type FollowShared = <Item>(feed: Feed<Item>, after: bigint | null, context: ApiContext) => AsyncGenerator<never>;

/** What a resolver is given: who asks, and the core to ask. */
export interface ApiContext {
  core: Core;
  /** Null: nobody is signed in; only fields marked public may be reached. */
  actor: Actor | null;
  /** Subscriptions go over sockets and streams of events, which end with their session. */
  transport: 'http' | 'events' | 'socket';
  requestId: string;
  /** Which runners are connected to this process. */
  presence: RunnerPresence;
  /** Ends what is followed when the right to it is lost. */
  rights: FollowedRights;
  /** What the supervisor says of the programs of this system. */
  parts: SystemParts;
  /** Follows something together with the other sockets of this process; null: not asked over a socket. */
  followShared: FollowShared | null;
  /** The caller's address, as far as trusted proxies told it. */
  address: string;
}
