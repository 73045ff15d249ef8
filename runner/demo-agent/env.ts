/** The demo agent's only look at its environment. */
export function readDemoEnvironment(): {
  taskFile: string | undefined;
  searchPath: string;
  all: Record<string, string | undefined>;
} {
  return {
    taskFile: process.env['OVERMIND_TASK_FILE'],
    searchPath: process.env['PATH'] ?? '/usr/bin:/bin',
    all: process.env,
  };
}
