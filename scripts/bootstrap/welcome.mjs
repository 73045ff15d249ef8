import path from 'node:path';
import { LOOPBACK_HOSTS, isGraphiqlOn, loopbackOrigin } from './system.mjs';

/**
 * What to do next, for the person at the terminal.
 * @param {{ environment: import('./system-environment.mjs').SystemEnvironment, admin: import('./one-time-programs.mjs').AdminAccount | undefined, missing: readonly string[],
 *   elapsedMs: number }} options `missing`: the parts that did not start and are tried again
 * @returns {string[]}
 */
export function welcome({ environment, admin, missing, elapsedMs }) {
  const isReachedHere = [...LOOPBACK_HOSTS, '0.0.0.0', '::'].includes(environment.host);
  const address = isReachedHere ? `http://overmind.localhost:${environment.port}` : loopbackOrigin(environment);
  return [
    '',
    `  OvermindOps is ready (${(elapsedMs / 1000).toFixed(1)} s)${missing.length > 0 ? `, still without: ${missing.join(', ')}` : ''}`,
    '',
    `    Open      ${address}`,
    // Other browsers ask the machine's resolver, which may not know names below localhost.
    ...(isReachedHere
      ? [`              http://localhost:${environment.port}, in a browser that does not know that name`]
      : []),
    ...signIn(admin),
    ...(isGraphiqlOn(environment) ? [`    GraphiQL  ${address}/graphql`] : []),
    `    Logs      ${path.join(environment.dataDir, 'logs')}`,
    '    Stop      Ctrl-C',
    '',
  ];
}

/** @param {import('./one-time-programs.mjs').AdminAccount | undefined} admin */
function signIn(admin) {
  if (!admin) return [];
  if (admin.password)
    return [`    Sign in   ${admin.email}`, `    Password  ${admin.password}   (shown only this once)`];
  if (admin.passwordUnusedFor)
    return [
      `    Sign in   ${admin.email}`,
      `              OVERMIND_ADMIN_PASSWORD was not used: ${admin.passwordUnusedFor} is no active administrator`,
    ];
  if (admin.isNew) return [`    Sign in   ${admin.email}, with the password from OVERMIND_ADMIN_PASSWORD`];
  return [
    `    Sign in   ${admin.email} (password forgotten? start once with OVERMIND_ADMIN_PASSWORD set to a new one)`,
  ];
}
