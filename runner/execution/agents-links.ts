import { resolve, sep } from 'node:path';
import { linksOnTheWay } from './links-on-the-way.ts';
import { isInside, realpathOrNull } from './paths.ts';

/**
 * Tells whether a path leads over a link below one of some places. Where agents write, in this run or in any before it,
 * such a link may be theirs: whoever followed it would show what they chose.
 * @param places each with everything below it; a place that is a link itself is its owner's, unless it lies below another one
 * @returns false for a path that does not exist
 */
export function linksBelow(places: readonly string[]): (path: string) => boolean {
  const folders: string[] = [];
  const isBehindOne = (path: string): boolean =>
    realpathOrNull(path) !== null &&
    linksOnTheWay(resolve(path)).some(({ at }) => folders.some((folder) => at !== folder && isInside(folder, at)));
  const depthOf = (path: string): number => resolve(path).split(sep).length;
  for (const place of [...places].sort((a, b) => depthOf(a) - depthOf(b))) {
    const real = realpathOrNull(place);
    if (real !== null && !isBehindOne(place)) folders.push(real);
  }
  return isBehindOne;
}
