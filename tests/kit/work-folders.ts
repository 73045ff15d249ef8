/** What a runner tells of a task's folder that it keeps. */
export function keptFolder(
  taskId: string,
  at = { createdAt: '2026-01-01T00:00:00Z', lastUsedAt: '2026-01-02T00:00:00Z' },
) {
  return {
    name: 'count-00000001',
    taskId,
    facts: {
      root: '/srv/repo',
      subfolder: '',
      branch: 'overmind/S-1/1',
      baseBranch: 'main',
      attempts: 2,
      sizeBytes: 1_500_000_000,
      ...at,
      state: 'kept' as const,
      keptWhy: 'its task waits',
      problem: null,
    },
  };
}
