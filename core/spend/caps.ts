import { AgentCaps, ProjectCaps } from '#contract/caps.ts';
import type { Caps } from '#contract/caps.ts';

/** What counts against caps. */
export type Used = Record<keyof Caps, number>;

/** The stored caps of a project. Ones that no longer fit the contract must not keep the rest from being read: claims hold to what they can read of them. */
export function projectCapsOf({ caps }: { caps: unknown }): ProjectCaps {
  const parsed = ProjectCaps.safeParse(caps);
  return parsed.success ? parsed.data : ProjectCaps.parse({});
}

/** The caps in the stored configuration of an agent, also when the rest of it no longer fits the contract. */
export function agentCapsOf(configJson: unknown): AgentCaps {
  const parsed = AgentCaps.safeParse((configJson as { caps?: unknown } | null)?.caps ?? {});
  return parsed.success ? parsed.data : AgentCaps.parse({});
}

/** Whose caps they are, and for how long: `The agent codex`, today. */
export interface CapOf {
  subject: string;
  isPerDay: boolean;
}

/**
 * The first of the caps that is reached, as a sentence with its figures and what helps; null: none is.
 * @param options isStarted: asked for a run at work, whose start was within the caps: how many there are is no reason to stop it
 */
export function capReason(
  caps: Caps,
  used: Used | null,
  { subject, isPerDay }: CapOf,
  { isStarted = false }: { isStarted?: boolean } = {},
): string | null {
  if (!used) return null;
  const kind = KINDS.find((each) => {
    const cap = caps[each];
    return cap !== null && used[each] >= cap && !(isStarted && each === 'runs');
  });
  const cap = kind && caps[kind];
  if (!kind || cap === undefined || cap === null) return null;
  const span = isPerDay ? ' today' : '';
  const then = isPerDay ? 'It goes on at 00:00 UTC, or when the cap is raised.' : 'It goes on when the cap is raised.';
  return `${subject} has used ${FIGURES[kind](used[kind], cap)}${span}. ${then}`;
}

const KINDS = ['costUsd', 'runs', 'wallSeconds', 'tokens'] as const satisfies readonly (keyof Caps)[];
const count = (value: number): string => Math.floor(value).toLocaleString('en-US');

const FIGURES: Record<keyof Caps, (used: number, cap: number) => string> = {
  costUsd: (used, cap) => `${used.toFixed(2)} of ${cap.toFixed(2)} USD`,
  runs: (used, cap) => `${count(used)} of ${count(cap)} run${cap === 1 ? '' : 's'}`,
  tokens: (used, cap) => `${count(used)} of ${count(cap)} tokens`,
  wallSeconds: (used, cap) =>
    cap % 60 === 0
      ? `${count(used / 60)} of ${count(cap / 60)} minute${cap === 60 ? '' : 's'} of work`
      : `${count(used)} of ${count(cap)} second${cap === 1 ? '' : 's'} of work`,
};
