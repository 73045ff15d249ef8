import { findBubblewrap } from './bubblewrap.mjs';
import { hasDebianPackages, installDebianPackages } from './debian-packages.mjs';
import { findProgram } from './programs.mjs';
import { isRoot } from './users.mjs';

const BROWSERS = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];

/**
 * The programs of other people that tests need: bubblewrap as `npm start` brings it, a browser and ffmpeg, which root
 * on Debian gets installed.
 * @param {import('./service-home.mjs').ServiceHome} home
 * @param {boolean} needsBrowser
 * @param {import('./progress.mjs').Progress} progress
 * @returns {Promise<{ bubblewrap: string | undefined, chromium: string | undefined, complaint: string | undefined }>} `complaint`: why browser tests cannot run
 */
export async function findTestTools(home, needsBrowser, progress) {
  const find = () => ({
    chromium: process.env['OVERMIND_CHROMIUM'] || findProgram(...BROWSERS),
    ffmpeg: findProgram('ffmpeg'),
  });
  const bubblewrap = await progress.step('Sandbox', () => findBubblewrap(home));
  let found = find();
  const missing = needsBrowser ? [...(found.chromium ? [] : ['chromium']), ...(found.ffmpeg ? [] : ['ffmpeg'])] : [];
  if (missing.length > 0 && isRoot() && hasDebianPackages()) {
    await progress.step(`Installing ${missing.join(' and ')}`, (say) => installDebianPackages(missing, say));
    found = find();
  }
  const absent = [
    ...(found.chromium ? [] : ['Chromium (or set OVERMIND_CHROMIUM to it)']),
    ...(found.ffmpeg ? [] : ['ffmpeg']),
  ];
  return {
    bubblewrap,
    chromium: found.chromium,
    complaint:
      absent.length > 0
        ? `The browser tests need ${absent.join(' and ')}: install it with the system's package manager.`
        : undefined,
  };
}
