import { lstatSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { AGENT_PROGRAMS, type AgentProgram } from '#contract/agent-programs.ts';
import { linksBelow } from './agents-links.ts';
import { realpathOrNull } from './paths.ts';
import type { SandboxOrder } from './sandbox-mounts.ts';

const SESSION_FOLDERS = new Set(Object.values<AgentProgram>(AGENT_PROGRAMS).map(({ sessionFolder }) => sessionFolder));

/**
 * Makes the folders in which a run's programs keep their sessions, where they are not there yet: who signs in with a key
 * has never started the program, and in the sandbox it would make its folder in a home that is gone afterwards. No later
 * attempt would find its session.
 * @param tell told what could not be made
 */
export function makeSessionFolders(
  { home, homePaths, writtenByAgents }: Pick<SandboxOrder, 'home' | 'homePaths' | 'writtenByAgents'>,
  tell: (text: string) => void,
): void {
  if (home === null || realpathOrNull(home) === null) return;
  const isPlanted = linksBelow(writtenByAgents);
  for (const { path, access } of homePaths) {
    if (access !== 'write' || !SESSION_FOLDERS.has(path)) continue;
    const folder = join(home, path);
    try {
      if (isThere(folder) || isPlanted(nearestAbove(folder))) continue;
      mkdirSync(folder, { recursive: true, mode: 0o700 });
    } catch (error) {
      const why = (error as Error).message;
      tell(`~/${path} could not be made, so that no later run finds the session of this one: ${why}`);
    }
  }
}

/** Also a link that leads nowhere: it is somebody's, who knows why. */
const isThere = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined;

function nearestAbove(path: string): string {
  const above = dirname(path);
  return isThere(above) ? above : nearestAbove(above);
}
