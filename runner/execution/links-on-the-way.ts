import { lstatSync, readlinkSync } from 'node:fs';
import { isAbsolute, resolve, sep } from 'node:path';

export interface LinkOnTheWay {
  /** Its own name, with the links before it followed. */
  at: string;
  /** As the link has it. */
  to: string;
}

/** As many as the kernel follows: meanwhile somebody may have made a circle of them. */
const MAX_LINKS = 40;

/** The links that are followed to get to a path, in that order. @param path exists */
export function linksOnTheWay(path: string): LinkOnTheWay[] {
  const links: LinkOnTheWay[] = [];
  const parts = path.split(sep);
  let at: string = sep;
  for (let part = parts.shift(); part !== undefined; part = parts.shift()) {
    const next = resolve(at, part);
    if (links.length < MAX_LINKS && lstatSync(next, { throwIfNoEntry: false })?.isSymbolicLink()) {
      const to = readlinkSync(next);
      links.push({ at: next, to });
      parts.unshift(...to.split(sep));
      if (isAbsolute(to)) at = sep;
    } else at = next;
  }
  return links;
}
