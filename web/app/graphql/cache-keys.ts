import type { KeyingConfig } from '@urql/exchange-graphcache';
import { unkeyedTypes } from './gql/graphcache-schema.ts';

/** Connections, edges, payloads and events have no identity of their own; they live in what they hang on. */
export const cacheKeys: KeyingConfig = Object.fromEntries(unkeyedTypes.map((type) => [type, () => null]));
