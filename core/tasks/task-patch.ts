import type { Task } from '#prisma/generated/client/client.ts';

/** All that a board card shows: the patch of task.created. */
export function taskCard(task: Task) {
  return {
    number: task.number,
    title: task.title,
    type: task.type,
    priority: task.priority,
    status: task.status,
    agentId: task.agentId,
    agentName: task.agentName,
    blockedReason: task.blockedReason,
    heldBy: task.heldBy,
    requestedBy: task.requestedBy,
    parentTaskId: task.parentTaskId,
    createdAt: task.createdAt.toISOString(),
    updatedAt: task.updatedAt.toISOString(),
  };
}
