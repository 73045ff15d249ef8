/** Our own refs in the user's repository: what a task's folder rests on is not collected as garbage. */
export const pinRef = (name: string): string => `refs/overmind/base/${name}`;
/** Where an attempt began that goes on from an earlier one's branch, which somebody may delete meanwhile. */
export const startRef = (name: string): string => `refs/overmind/start/${name}`;
