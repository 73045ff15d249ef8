import { index, layout, prefix, route, type RouteConfig } from '@remix-run/route-config';

export default [
  index('routes/home.ts'),
  route('sign-in', 'routes/sign-in.tsx'),
  route('sign-out', 'routes/sign-out.ts'),
  layout('routes/frame.tsx', [
    route('projects', 'routes/projects.tsx'),
    route('runners', 'routes/runners.tsx'),
    route('runners/:runnerId', 'routes/runner.tsx'),
    route('settings', 'routes/settings.tsx'),
    route('projects/:projectId', 'routes/project.tsx', [
      index('routes/dashboard.tsx'),
      ...prefix('tasks', [route(':taskId', 'routes/task.tsx')]),
      route('recordings', 'routes/recordings.tsx'),
      route('state', 'routes/state.tsx'),
      route('settings', 'routes/project-settings.tsx'),
    ]),
    route('*', 'routes/not-found.tsx'),
  ]),
] satisfies RouteConfig;
