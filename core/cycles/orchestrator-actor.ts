import { SYSTEM } from '#core/access/actor.ts';

/** Who the audit trail names for what a cycle does. */
export const ORCHESTRATOR = SYSTEM('orchestrator');
