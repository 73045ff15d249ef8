/** Why a task can not be given to its agent; blocks of this kind end by themselves when the agent is there. */
const MISSING = 'The project has no agent named ';
const DISABLED = 'The agent ';
const DISABLED_END = ' is disabled.';

export function agentBlockReason(agentName: string | null, isKnown: boolean): string {
  if (!agentName) return 'No agent is assigned.';
  return isKnown ? `${DISABLED}${agentName}${DISABLED_END}` : `${MISSING}${agentName}.`;
}

export function isAgentBlockReason(reason: string | null): boolean {
  if (!reason) return false;
  return (
    reason.startsWith(MISSING) ||
    (reason.startsWith(DISABLED) && reason.endsWith(DISABLED_END)) ||
    reason === agentBlockReason(null, false)
  );
}
